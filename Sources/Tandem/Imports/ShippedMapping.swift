/// Mappings for exports of other products, as their files have their columns by default.
public struct ShippedMapping: Sendable {
    /// As `--map` takes it.
    public let name: String
    /// In the plural.
    public let object: String
    public let summary: String
    public let text: String

    private init(_ name: String, _ object: String, _ summary: String, _ bytes: [UInt8]) {
        self.name = name
        self.object = object
        self.summary = summary
        text = String(decoding: bytes, as: UTF8.self)
    }

    public static let all: [ShippedMapping] = [
        ShippedMapping(
            "hubspot-companies", "accounts", "HubSpot: companies, CSV, English", PackageResources.hubspot_companies_yaml
        ),
        ShippedMapping(
            "hubspot-contacts", "contacts", "HubSpot: contacts, CSV, English", PackageResources.hubspot_contacts_yaml),
        ShippedMapping(
            "hubspot-deals", "opportunities", "HubSpot: deals, CSV, English; the stages have to be there by name",
            PackageResources.hubspot_deals_yaml),
        ShippedMapping(
            "salesforce-accounts", "accounts", "Salesforce: Account.csv of the data export",
            PackageResources.salesforce_accounts_yaml),
        ShippedMapping(
            "salesforce-contacts", "contacts", "Salesforce: Contact.csv of the data export, after the accounts",
            PackageResources.salesforce_contacts_yaml),
        ShippedMapping(
            "salesforce-leads", "leads", "Salesforce: Lead.csv of the data export",
            PackageResources.salesforce_leads_yaml),
        ShippedMapping(
            "salesforce-opportunities", "opportunities",
            "Salesforce: Opportunity.csv of the data export, after the accounts",
            PackageResources.salesforce_opportunities_yaml),
        ShippedMapping(
            "pipedrive-organizations", "accounts", "Pipedrive: organizations, CSV",
            PackageResources.pipedrive_organizations_yaml),
        ShippedMapping(
            "pipedrive-people", "contacts", "Pipedrive: people, CSV, after the organizations",
            PackageResources.pipedrive_people_yaml),
        ShippedMapping(
            "pipedrive-deals", "opportunities", "Pipedrive: deals, CSV, after the organizations",
            PackageResources.pipedrive_deals_yaml),
        ShippedMapping("close-leads", "accounts", "Close: leads (companies), CSV", PackageResources.close_leads_yaml),
        ShippedMapping(
            "close-contacts", "contacts", "Close: contacts, CSV, after the leads", PackageResources.close_contacts_yaml),
    ]
}
