extension ObjectDescription {
    /// The way that opportunities take.
    public static let pipeline = ObjectDescription(
        name: "pipeline", plural: "pipelines", prefix: .pipeline, module: .crm,
        summary: "The stages that opportunities pass.",
        fields: [
            ObjectField(
                "name", .text(maximum: 255), isRequired: true, isSearchable: true, summary: "Its name; unique."),
            ObjectField("team_id", .link(.team), summary: "Whose it is."),
            ObjectField("position", .integer(0...10_000), summary: "Its place; the first is the default."),
        ],
        children: [stages], keys: ["name"])

    private static let stages = ObjectChild(
        "stages", table: "stages", parent: "pipeline_id", order: ["position", "key"],
        fields: [
            ObjectField("id", .link(.stage), isReadOnly: true, summary: "The stage's id.")
        ] + stageFields,
        recordKey: "key", summary: "Its stages in order; each is a record of its own, told apart by its key.")

    private static let stageFields = [
        ObjectField(
            "key", .text(maximum: 64), isRequired: true, summary: "A word for machines; unique in its pipeline."),
        ObjectField("name", .text(maximum: 255), isRequired: true, isSearchable: true, summary: "Its name."),
        ObjectField("position", .integer(0...10_000), summary: "Its place."),
        ObjectField("probability", .percent, isRequired: true, summary: "What opportunities in it have by default."),
        ObjectField("forecast_category", .select(forecastCategories), isRequired: true, summary: "As probability."),
        ObjectField("status", .select(["open", "won", "lost"]), isRequired: true, summary: "What it means."),
        ObjectField("rotten_days", .integer(1...3650), summary: "After so many days in it something is wrong."),
        ObjectField("required_fields", .tags, summary: "What an opportunity must have to enter."),
    ]

    /// One step of a pipeline.
    public static let stage = ObjectDescription(
        name: "stage", plural: "stages", prefix: .stage, module: .crm, summary: "One step of a pipeline.",
        fields: [
            ObjectField("pipeline_id", .link(.pipeline), isRequired: true, summary: "Its pipeline.")
        ] + stageFields)
}
