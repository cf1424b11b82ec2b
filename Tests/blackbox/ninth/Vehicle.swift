extension ObjectDescription {
    /// A car of an account; the object that `test_ninth_object.py` adds to a copy of the product. It has every type of field.
    public static let vehicle = ObjectDescription(
        name: "vehicle", plural: "vehicles", prefix: "veh", module: .crm, summary: "A car that an account drives.",
        fields: [
            ObjectField(
                "plate", .text(maximum: 20), isRequired: true, isSearchable: true, summary: "Its plate; unique."),
            ObjectField("notes", .longText, summary: "What there is to say."),
            ObjectField("seats", .integer(1...100), summary: "How many may sit in it."),
            ObjectField("consumption", .decimal, summary: "Litres for 100 km."),
            ObjectField("price", .money(currency: "currency"), summary: "What it cost."),
            ObjectField("currency", .currency, summary: "Of its money fields."),
            ObjectField("charge", .percent, summary: "How full the battery is."),
            ObjectField("leased", .bool, summary: "It belongs to a bank."),
            ObjectField("first_registered", .date, summary: "Since when it is on the road."),
            ObjectField("inspected_at", .timestamp, summary: "When it was last looked at."),
            ObjectField(
                "contact_email", .email, isPersonal: true, isSearchable: true, summary: "Where its driver is reached."),
            ObjectField("contact_phone", .phone, isPersonal: true, summary: "The telephone in it."),
            ObjectField("dealer_domain", .domain, summary: "The host of the dealer's site."),
            ObjectField("photo_url", .url, summary: "How it looks."),
            ObjectField(
                "fuel", .select(["petrol", "diesel", "electric"]), isRequired: true, summary: "What it burns."),
            ObjectField("account_id", .link(.account), isRequired: true, summary: "Who drives it."),
            ObjectField("opportunity_id", .link(.opportunity), summary: "The deal that it came from."),
        ],
        children: [
            ObjectChild(
                "drivers", table: "vehicle_drivers", parent: "vehicle_id", order: ["contact_id", "role"],
                fields: [
                    ObjectField("contact_id", .link(.contact), isRequired: true, summary: "The person."),
                    ObjectField("role", .text(maximum: 255), summary: "How often the person drives."),
                ],
                aliases: ["id": "contact_id"], summary: "Who drives it.")
        ],
        keys: ["plate"], title: "plate")
}
