import CLibPQ

/// Reads the fields of an error or notice.
enum Diagnostics {
    /// libpq's `PG_DIAG_…` codes, which are characters.
    enum Field: Unicode.Scalar {
        case severity = "V"
        case sqlState = "C"
        case message = "M"
        case detail = "D"
        case hint = "H"
        case position = "P"
        case context = "W"
        case schema = "s"
        case table = "t"
        case column = "c"
        case constraint = "n"
        case sourceFunction = "R"
    }

    static func field(_ field: Field, of result: OpaquePointer?) -> String? {
        PQresultErrorField(result, CInt(field.rawValue.value)).map { String(cString: $0) }
    }

    /// True when the server ends the session after this error.
    static func isFatal(_ result: OpaquePointer?) -> Bool {
        let severity = field(.severity, of: result)
        return severity == "FATAL" || severity == "PANIC"
    }

    /// True when a prepared statement no longer fits the tables or is unknown, so that preparing it anew helps.
    static func isStalePlan(_ result: OpaquePointer?) -> Bool {
        switch field(.sqlState, of: result) {
        case SQLState.invalidStatementName.rawValue: true
        // The message is translated, the place in the source is not.
        case SQLState.featureNotSupported.rawValue: field(.sourceFunction, of: result) == "RevalidateCachedQuery"
        default: false
        }
    }

    /// The error in `result`; a code that libpq did not get from the server means a lost connection.
    static func error(in result: OpaquePointer?) -> PostgresError {
        guard let code = field(.sqlState, of: result) else {
            return .lost(String(cString: PQresultErrorMessage(result)))
        }
        var fields = PostgresError.Fields()
        fields.detail = field(.detail, of: result)
        fields.hint = field(.hint, of: result)
        fields.schema = field(.schema, of: result)
        fields.table = field(.table, of: result)
        fields.column = field(.column, of: result)
        fields.constraint = field(.constraint, of: result)
        fields.context = field(.context, of: result)
        fields.position = field(.position, of: result).flatMap { Int($0) }
        return PostgresError(
            kind: isFatal(result) ? .connection : .server(SQLState(code)), sqlState: code,
            message: field(.message, of: result) ?? "", fields: fields)
    }
}
