import Tandem

/// One object as a noun of the command line.
protocol ObjectNoun {
    static var object: ObjectDescription { get }
    /// The fields that a table shows.
    static var columns: [String] { get }
    /// Assignments for the examples of the help.
    static var example: String { get }
}

enum AccountNoun: ObjectNoun {
    static let object = ObjectDescription.account
    static let columns = ["name", "domain", "lifecycle", "industry", "employee_count", "updated_at"]
    static let example = "name='Acme Corporation' domain=acme.example lifecycle=customer"
}

enum ContactNoun: ObjectNoun {
    static let object = ObjectDescription.contact
    static let columns = ["name", "email", "phone", "title", "profile_id", "updated_at"]
    static let example = "email=buyer@acme.example title=Buyer"
}

enum LeadNoun: ObjectNoun {
    static let object = ObjectDescription.lead
    static let columns = ["first_name", "last_name", "company", "email", "status", "updated_at"]
    static let example = "email=buyer@acme.example company=Acme"
}

enum FormNoun: ObjectNoun {
    static let object = ObjectDescription.form
    static let columns = ["name", "makes_leads", "submission_count", "lead_count", "last_submitted_at"]
    static let example = "name=demo-request lead_source=Website account_owner=true"
}

enum OpportunityNoun: ObjectNoun {
    static let object = ObjectDescription.opportunity
    static let columns = ["name", "account_id", "status", "amount", "currency", "close_date"]
    static let example = "name='Acme renewal' amount=1200.00 currency=EUR close_date=2026-12-31"
}

enum PipelineNoun: ObjectNoun {
    static let object = ObjectDescription.pipeline
    static let columns = ["name", "position"]
    static let example = "name=Renewals"
}

enum StageNoun: ObjectNoun {
    static let object = ObjectDescription.stage
    static let columns = ["name", "key", "pipeline_id", "position"]
    static let example = "pipeline_id=pipe_… key=trial name=Trial"
}

enum ProductNoun: ObjectNoun {
    static let object = ObjectDescription.product
    static let columns = ["name", "external_id", "updated_at"]
    static let example = "name='Annual plan' external_id=annual"
}

enum ActivityNoun: ObjectNoun {
    static let object = ObjectDescription.activity
    static let columns = ["type", "status", "subject", "started_at", "due_at"]
    static let example = "type=call subject='Asked for a quote'"
}

enum TicketNoun: ObjectNoun {
    static let object = ObjectDescription.ticket
    static let columns = ["subject", "status", "priority", "account_id", "created_at"]
    static let example = "subject='Cannot sign in' priority=high channel=email contact_id=cont_…"
}

enum CommentNoun: ObjectNoun {
    static let object = ObjectDescription.comment
    static let columns = ["object", "object_id", "body", "created_by", "created_at"]
    static let example = "object_id=acct_… body='@ops@acme.example please call'"
}

enum ViewNoun: ObjectNoun {
    static let object = ObjectDescription.view
    static let columns = ["name", "object", "owner_id", "shared", "updated_at"]
    static let example =
        "name=Large object=account filter='{\"field\": \"employee_count\", \"op\": \"gte\", \"value\": 500}'"
}

enum UserNoun: ObjectNoun {
    static let object = ObjectDescription.user
    static let columns = ["name", "email", "team_id"]
    static let example = "name='Sales desk' email=sales@example.com"
}

enum TeamNoun: ObjectNoun {
    static let object = ObjectDescription.team
    static let columns = ["name"]
    static let example = "name=North"
}
