import FoundationEssentials
import Tandem

/// Ids of requests: `req_…`, on every answer, in problems and in the log.
enum RequestIdentifier {
    static func make() -> String { "\(PublicID(.request, .v7()))" }
}
