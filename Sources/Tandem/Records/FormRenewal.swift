import Foundation
import Postgres

/// Makes anew the normal forms of a tenant's records that another version of the normaliser made.
///
/// Page by page, each committed by itself and found by what is left to do: stopped anywhere, it goes on there. It works while servers
/// run: a record is written only if it still says what its forms were made of, and whatever a server writes has its version already.
struct FormRenewal {
    /// A record that stays as it is: one of its forms would be a key that other records have.
    struct Held: Sendable {
        let object: ObjectDescription
        let id: RecordID
        let holders: [RecordID]

        /// For people.
        var words: String {
            let others = holders.map { PublicID(object.prefix, $0).description }
            return "\(PublicID(object.prefix, id)) would share its address with \(others.joined(separator: ", "))"
        }
    }

    private static let page: Int32 = 200
    /// Records that stay may wait for others that are made anew behind them.
    private static let passes = 3

    private let connection: Connection
    private let database: TenantDatabase
    private let end: ContinuousClock.Instant?

    /// Relation → rows.
    private(set) var renewed: [String: Int] = [:]
    private(set) var held: [Held] = []
    /// Whether the time was up before the end.
    private(set) var isCutShort = false

    /// - Parameter end: what is left then is left for the next time.
    init(_ connection: Connection, of tenant: Tenant, until end: ContinuousClock.Instant? = nil) {
        self.connection = connection
        database = tenant.database
        self.end = end
    }

    mutating func run() throws(TandemError) {
        // First of all: records take theirs from here where only SQL is asked.
        try renewKeptForms()
        for outdated in try connection.outdatedForms(of: database) {
            guard let object = ObjectCatalog.standard.objects.first(where: { $0.table == outdated.relation }) else {
                continue
            }
            for _ in 0..<Self.passes {
                let before = renewed[object.table] ?? 0
                let stay = try renewAll(object)
                if stay.isEmpty || before == renewed[object.table] ?? 0 || isCutShort {
                    held += stay
                    break
                }
            }
        }
    }

    private mutating func isTimeUp() -> Bool {
        if let end, ContinuousClock.now >= end { isCutShort = true }
        return isCutShort
    }

    private mutating func renewKeptForms() throws(TandemError) {
        var place = ("", "")
        while !isTimeUp() {
            let from = place
            let done = try connection.inTenant(database) { (connection) throws(TandemError) -> [(String, String)] in
                let rows = try connection.run(
                    .call("outdated_normal_forms", .text(from.0), .text(from.1), .int4(Self.page)))
                var texts: [(String, String)] = []
                for row in rows {
                    texts.append(try reading { () throws(PostgresError) in (try row.text(0), try row.text(1)) })
                }
                guard !texts.isEmpty else { return [] }
                let forms = texts.map { kind, text in
                    kind == Identifier.email ? Normalizer.email(text) : Normalizer.phone(text)
                }
                _ = try connection.run(
                    .call(
                        "renew_normal_forms", .textArray(texts.map(\.0)), .textArray(texts.map(\.1)), .textArray(forms))
                )
                return texts
            }
            guard let last = done.last else { return }
            renewed["normal_form", default: 0] += done.count
            place = last
        }
    }

    /// - Returns: what stays.
    private mutating func renewAll(_ object: ObjectDescription) throws(TandemError) -> [Held] {
        var stay: [Held] = []
        var last: RecordID?
        while !isTimeUp() {
            let after = last
            let (next, done) = try connection.inTenant(database) {
                (connection) throws(TandemError) -> (RecordID?, [Held]) in
                let outdated = try connection.outdatedRecords(object, after: after, limit: Self.page)
                guard !outdated.isEmpty else { return (nil, []) }
                let items = JSON.array(outdated.map { .object($0.item(of: object)) })
                let rows = try connection.run(.call("renew_forms", .text(object.name), .jsonb(items.encoded())))
                let done = try reading { () throws(PostgresError) in
                    try rows.map { (row) throws(PostgresError) in
                        Held(object: object, id: try row.uuid(0), holders: try row.uuids(1))
                    }
                }
                return (outdated.last { $0.isPage }?.id, done)
            }
            renewed[object.table, default: 0] += done.count { $0.holders.isEmpty }
            stay += done.filter { !$0.holders.isEmpty }
            guard let next else { break }
            last = next
        }
        return stay
    }
}

/// A record whose forms another version of the normaliser made.
struct OutdatedRecord: Sendable {
    let id: RecordID
    let record: JSON
    /// Numbers of a contact's channels.
    let numbers: [String]
    /// False: it comes along for the sake of one of the page.
    let isPage: Bool

    /// What `renew_forms` takes: what the record says, and its forms.
    func item(of object: ObjectDescription) -> JSONObject {
        var of = JSONObject()
        var forms = JSONObject()
        for field in object.fields {
            let stored = record[field.name] ?? .null
            if let companion = field.companion {
                of[field.name] = stored
                // An account that is named by its host has no key of its name.
                if companion == .companyKey, record[companion.column]?.isNull ?? true { continue }
                forms[companion.column] = .string(
                    orNull: stored.string.flatMap { companion.derive(from: $0, region: Normalizer.noRegion) })
            } else if field.type == .domain, field.custom == nil,
                let form = stored.string.flatMap({ Normalizer.domain($0) })
            {
                of[field.name] = stored
                forms[field.name] = .string(form)
            }
        }
        var numberForms = JSONObject()
        for number in numbers { numberForms[number] = .string(orNull: Normalizer.phone(number)) }
        return ["id": .string(id.text), "of": .object(of), "forms": .object(forms), "numbers": .object(numberForms)]
    }
}

/// How many rows of a relation have normal forms of another version of the normaliser.
struct OutdatedForms: Sendable {
    /// Counted no further.
    static let limit = 100_000

    let relation: String
    let rows: Int

    /// For people.
    var words: String { "\(relation) \(rows)" + (rows < Self.limit ? "" : " or more") }
}

extension Connection {
    func outdatedForms(of database: TenantDatabase) throws(TandemError) -> [OutdatedForms] {
        try reading { () throws(PostgresError) in
            let rows = try single(
                settings: database.settings(), .call("outdated_forms", .int4(Int32(OutdatedForms.limit))))
            return try rows.map { (row) throws(PostgresError) in
                OutdatedForms(relation: try row.text("relation"), rows: try row.int("rows"))
            }
        }
    }

    fileprivate func outdatedRecords(
        _ object: ObjectDescription, after: RecordID?, limit: Int32
    ) throws(TandemError) -> [OutdatedRecord] {
        let rows = try run(
            .call("outdated_records", .text(object.name), after.map { .uuid($0) } ?? .null(.uuid), .int4(limit)))
        var found: [OutdatedRecord] = []
        for row in rows {
            let record = try row.json(1) ?? .null
            found.append(
                try reading { () throws(PostgresError) in
                    OutdatedRecord(
                        id: try row.uuid(0), record: record, numbers: try row.texts(2), isPage: try row.bool(3))
                })
        }
        return found
    }
}
