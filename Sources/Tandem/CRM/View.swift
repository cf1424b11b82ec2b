extension ObjectDescription {
    /// A list of records under a name.
    public static let view = ObjectDescription(
        name: "view", plural: "views", prefix: .view, module: nil,
        summary: "A list under a name: a condition, an order and fields, used as GET /v1/{objects}?view=view_….",
        fields: [
            ObjectField(
                "object",
                .select([
                    "account", "contact", "lead", "opportunity", "ticket", "activity", "product", "form", "pipeline",
                    "stage", "comment", "user", "team",
                ]),
                isRequired: true, summary: "What it lists."),
            ObjectField(
                "name", .text(maximum: 255), isRequired: true, isSearchable: true,
                summary: "Its name; unique among those of its object and owner."),
            ObjectField("filter", .condition(object: "object"), summary: "Which records; all unless given."),
            ObjectField("sort", .fieldNames(object: "object"), summary: "In which order; newest first unless given."),
            ObjectField("fields", .fieldNames(object: "object"), summary: "Which fields are shown; all unless given."),
            ObjectField("shared", .bool, summary: "Whether it is for everybody, not its owner alone."),
        ])
}
