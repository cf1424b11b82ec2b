extension ObjectDescription {
    /// A form of a web site or app, and what becomes of its submissions.
    public static let form = ObjectDescription(
        name: "form", plural: "forms", prefix: .form, module: .crm,
        summary: "A form of a web site or app, and what becomes of its submissions.",
        fields: [
            ObjectField(
                "name", .text(maximum: 255), isRequired: true, isSearchable: true,
                summary: "What its submissions call it; unique."),
            ObjectField("makes_leads", .bool, summary: "Whether a submission makes a lead, or fills one."),
            ObjectField(
                "lead_source", .text(maximum: 255),
                summary: "The source that its leads get; none: the event source and the form's name."),
            ObjectField(
                "campaign", .text(maximum: 255), summary: "The campaign that its leads get where the page names none."),
            ObjectField(
                "team_id", .link(.team), summary: "Whose active users get its leads in turn, if it has no owner."),
            ObjectField(
                "account_owner", .bool, summary: "Whether the owner of an account that is known gets the lead first."),
            ObjectField(
                "submission_count", .integer(0...Int(Int32.max)), isReadOnly: true,
                summary: "How often it was submitted."),
            ObjectField(
                "lead_count", .integer(0...Int(Int32.max)), isReadOnly: true, summary: "How many leads it made."),
            ObjectField("last_submitted_at", .timestamp, isReadOnly: true, summary: "The latest submission."),
        ],
        keys: ["name"])
}
