import ArgumentParser
import Foundation
import Postgres
import Tandem

/// A profile as people name it: `prof_…`, a uuid, or one of its identifiers as `type:value`.
struct ProfileReference: ExpressibleByArgument {
    let end: MergeEnd

    init?(argument: String) {
        if let id = PublicID(.profile, text: argument) {
            end = .profile(id.uuid)
            return
        }
        guard let mark = argument.firstIndex(of: ":") else { return nil }
        let type = String(argument[..<mark])
        guard !type.isEmpty, let identifier = Self.identifier(type, String(argument[argument.index(after: mark)...]))
        else { return nil }
        end = .identifier(identifier)
    }

    /// In the form in which it is stored; nil if nothing is left of the value.
    static func identifier(_ type: String, _ value: String) -> Identifier? {
        Identifier.normalize(type: type, value: value).map { Identifier(type: type, value: $0) }
    }

    static let help: ArgumentHelp = "prof_…, a uuid, or an identifier such as email:buyer@acme.example."
}

extension Connection {
    /// The live profile.
    func profile(_ reference: ProfileReference) throws(TandemError) -> JSON {
        switch reference.end {
        case .profile(let id): try profileShow(id)
        case .identifier(let identifier): try profileFind(identifier)
        }
    }

    func profileID(_ reference: ProfileReference) throws(TandemError) -> UUID {
        if case .profile(let id) = reference.end { return id }
        guard let text = try profile(reference)["id"]?.string, let id = PublicID(.profile, text: text) else {
            throw .notFound()
        }
        return id.uuid
    }
}

/// A moment in the past to look back from.
struct AsOf: ExpressibleByArgument {
    /// Microseconds since 1970.
    let moment: Int64

    init?(argument: String) {
        guard let time = WireTime.parse(argument) else { return nil }
        moment = time
    }

    static let help: ArgumentHelp = "As it was known at this time, ISO 8601: merges and undos of later are left away."
}
