extension ObjectDescription {
    static let forecastCategories = ["omitted", "pipeline", "best_case", "commit", "closed"]

    /// A possible sale.
    public static let opportunity = ObjectDescription(
        name: "opportunity", plural: "opportunities", prefix: .opportunity, module: .crm,
        summary: "A possible sale to an account.",
        fields: [
            ObjectField("name", .text(maximum: 512), isRequired: true, isSearchable: true, summary: "Its name."),
            ObjectField("account_id", .link(.account), summary: "Who would buy."),
            ObjectField("pipeline_id", .link(.pipeline), summary: "The tenant's first pipeline unless named."),
            ObjectField("stage_id", .link(.stage), summary: "The pipeline's first stage unless named."),
            ObjectField(
                "amount", .money(currency: "currency"), summary: "What it is worth; the sum of its lines if it has any."
            ),
            ObjectField("currency", .currency, summary: "Of its money fields."),
            ObjectField("close_date", .date, summary: "When it is or was decided."),
            ObjectField("probability", .percent, summary: "The stage's unless set; a change of stage resets it."),
            ObjectField("probability_manual", .bool, summary: "The probability was set by hand."),
            ObjectField(
                "forecast_category", .select(forecastCategories), summary: "The stage's unless set; as probability."),
            ObjectField(
                "status", .select(["open", "won", "lost"]), isReadOnly: true, summary: "The stage's."),
            ObjectField("lost_reason", .text(maximum: 512), summary: "Why it was lost."),
            ObjectField("source", .text(maximum: 255), summary: "Where it came from."),
            ObjectField("campaign", .text(maximum: 255), summary: "What brought it."),
            ObjectField("recurring_amount", .money(currency: "currency"), summary: "What comes back every period."),
            ObjectField("recurring_period", .select(["month", "quarter", "year"]), summary: "How often."),
            ObjectField("closed_at", .timestamp, summary: "When it was won or lost."),
        ],
        children: [contacts, lines])

    private static let contacts = ObjectChild(
        "contacts", table: "opportunity_contacts", parent: "opportunity_id", order: ["contact_id", "role"],
        fields: [
            ObjectField("contact_id", .link(.contact), isRequired: true, summary: "The person."),
            ObjectField("role", .text(maximum: 255), summary: "What the person is in this."),
            ObjectField("primary", .bool, summary: "The first to talk to."),
        ],
        aliases: ["id": "contact_id"], summary: "Who takes part.")

    private static let lines = ObjectChild(
        "products", table: "opportunity_products", parent: "opportunity_id", order: ["line"],
        fields: [
            ObjectField("line", .integer(1...10_000), summary: "Its place; by default that in the array."),
            ObjectField("product_id", .link(.product), isRequired: true, summary: "What is sold."),
            ObjectField("quantity", .decimal, summary: "How many; 1 unless given."),
            ObjectField("unit_price", .money(currency: "currency"), summary: "The product's list price unless given."),
            ObjectField("discount", .percent, summary: "Taken off the line."),
        ],
        aliases: ["id": "product_id"], derivedFrom: ["amount"], summary: "Its lines.")
}
