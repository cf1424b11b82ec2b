extension ObjectDescription {
    /// Something that is sold.
    public static let product = ObjectDescription(
        name: "product", plural: "products", prefix: .product, module: .crm, summary: "Something that is sold.",
        fields: [
            ObjectField("name", .text(maximum: 512), isRequired: true, isSearchable: true, summary: "Its name."),
            ObjectField("sku", .text(maximum: 255), isSearchable: true, summary: "Its number; unique."),
            ObjectField("series", .text(maximum: 255), summary: "Its family."),
            ObjectField("list_price", .money(currency: "currency"), summary: "What one costs."),
            ObjectField("currency", .currency, summary: "Of its money fields."),
            ObjectField("active", .bool, summary: "Whether it is sold now."),
        ],
        keys: ["sku", "name"])
}
