extension ObjectDescription {
    /// Somebody who may become a contact.
    public static let lead = ObjectDescription(
        name: "lead", plural: "leads", prefix: .lead, module: .crm,
        summary: "Somebody who may become a contact of an account.",
        fields: [
            ObjectField(
                "first_name", .text(maximum: 512), isPersonal: true, isSearchable: true, summary: "Given name."),
            ObjectField(
                "last_name", .text(maximum: 512), isPersonal: true, isSearchable: true, summary: "Family name."),
            ObjectField(
                "company", .text(maximum: 512), isSearchable: true, companion: .companyKey, summary: "Where they work."),
            ObjectField("title", .text(maximum: 512), isPersonal: true, summary: "Position."),
            ObjectField(
                "email", .email, isPersonal: true, isSearchable: true, companion: .emailNorm, summary: "Address."),
            ObjectField("phone", .phone, isPersonal: true, companion: .phoneE164, summary: "Number."),
            ObjectField("website", .url, summary: "Their company's site."),
            ObjectField("source", .text(maximum: 255), summary: "Where it came from."),
            ObjectField(
                "status", .select(["new", "working", "nurturing", "converted", "disqualified"]),
                summary: "Where it stands."),
            ObjectField("score", .integer(Int(Int32.min)...Int(Int32.max)), summary: "How promising it is."),
            ObjectField("campaign", .text(maximum: 255), summary: "What brought it."),
            ObjectField("message", .longText, isPersonal: true, summary: "What they wrote."),
            ObjectField("profile_id", .link(.profile), isReadOnly: true, summary: "The person's live profile."),
            ObjectField("converted_account_id", .link(.account), isReadOnly: true, summary: "What it became."),
            ObjectField("converted_contact_id", .link(.contact), isReadOnly: true, summary: "What it became."),
            ObjectField("converted_opportunity_id", .link(.opportunity), isReadOnly: true, summary: "What it became."),
            ObjectField("converted_at", .timestamp, isReadOnly: true, summary: "When it was converted."),
        ],
        keys: ["email"], title: "last_name", isPerson: true, isRanked: true)
}
