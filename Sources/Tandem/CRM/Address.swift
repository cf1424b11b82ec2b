extension ObjectField {
    /// The postal address of accounts and contacts; one block when records are merged.
    static func address(isPersonal: Bool) -> [ObjectField] {
        [
            ("address_street", "Street and number."), ("address_city", "City."), ("address_region", "State or region."),
            ("address_postal_code", "Postal code."), ("address_country", "Country."),
        ].map { ObjectField($0.0, .text(maximum: 512), isPersonal: isPersonal, summary: $0.1) }
    }
}
