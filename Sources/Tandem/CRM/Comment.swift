extension ObjectDescription {
    /// What comments and attachments may stand beside.
    public static let attachable = ["account", "contact", "lead", "opportunity", "ticket", "activity", "product"]

    static let recordFields = [
        ObjectField(
            "object", .select(attachable), isRequired: true,
            summary: "Of what kind the record is; told from the id's prefix where it has one."),
        ObjectField("object_id", .record(object: "object"), isRequired: true, summary: "The record."),
    ]

    /// What a colleague says about a record.
    public static let comment = ObjectDescription(
        name: "comment", plural: "comments", prefix: .comment, module: .crm,
        summary: "What a colleague says about a record; only its author (created_by) may change the text.",
        fields: recordFields + [
            ObjectField(
                "body", .longText, isRequired: true, isPersonal: true,
                summary: "The text; @[name](user_…) and @address mention colleagues."),
            ObjectField("mentions", .links(.user), isReadOnly: true, summary: "The users whom the text names."),
            ObjectField(
                "unknown_mentions", .tags, isReadOnly: true, isPersonal: true,
                summary: "What looks like a mention in the text and is no user."),
        ],
        title: "body")
}
