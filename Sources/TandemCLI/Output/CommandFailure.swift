import ArgumentParser
import Foundation
import Postgres
import Tandem
import TandemHTTP

/// Why a command ended without success: words for people, a code for machines, an exit code for scripts.
struct CommandFailure: Error {
    /// The exit codes. Stable and documented (`tandem help exit-codes`).
    enum Exit: Int32, CaseIterable {
        case success = 0
        case failed = 1
        case cancelled = 2
        case pending = 3
        case signIn = 4
        case notFound = 5
        case conflict = 6
        case usage = 64
        case unreachable = 69
        case temporary = 75
        case denied = 77
        case configuration = 78

        var explanation: String {
            switch self {
            case .success: "done"
            case .failed: "failed"
            case .cancelled: "cancelled, or not confirmed"
            case .pending: "findings, or changes that are pending (doctor, migrate plan)"
            case .signIn: "sign-in needed"
            case .notFound: "not found"
            case .conflict: "conflict: it exists, or its state does not allow this"
            case .usage: "wrong usage or invalid input"
            case .unreachable: "the database or the server cannot be reached"
            case .temporary: "temporary: try again"
            case .denied: "the database login lacks a right, or the data directory is another user's"
            case .configuration: "wrong configuration"
            }
        }
    }

    var exit: Exit
    var code: String
    var message: String
    var hint: String?
    var fields: [TandemError.FieldError] = []

    static func configuration(_ message: String, hint: String? = nil) -> CommandFailure {
        CommandFailure(exit: .configuration, code: "configuration", message: message, hint: hint)
    }

    static func usage(_ message: String, hint: String? = nil) -> CommandFailure {
        CommandFailure(exit: .usage, code: "usage", message: message, hint: hint)
    }

    /// From any error that the product throws; nil for the argument parser's own.
    init?(translating error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as PostgresError: self = Self.translate(error)
        case let error as TandemError: self = Self.translate(error, message: error.message)
        case let error as EmbeddedServerError: self = Self.translate(error)
        case let error as BackupError: self = Self.translate(error)
        case let error as Listener.Failure: self = .configuration(error.description)
        default: return nil
        }
    }

    init(
        exit: Exit, code: String, message: String, hint: String? = nil, fields: [TandemError.FieldError] = []
    ) {
        self.exit = exit
        self.code = code
        self.message = message
        self.hint = hint
        self.fields = fields
    }

    private static func translate(_ error: PostgresError) -> CommandFailure {
        if error.isConnectionLoss || error.kind == .poolTimeout {
            return CommandFailure(
                exit: .unreachable, code: "database_unreachable", message: error.message,
                hint: DatabaseAdvice.of(error))
        }
        if error.serverState == .insufficientPrivilege {
            return CommandFailure(
                exit: .denied, code: "denied", message: error.message, hint: "tandem doctor names what is missing")
        }
        if error.serverState == .objectInUse {
            // Of itself it gets better when they stop, so a service manager may go on trying.
            return CommandFailure(exit: .temporary, code: "in_use", message: error.message, hint: error.hint)
        }
        let product = TandemError(
            sqlState: error.sqlState, message: error.message, detail: error.detail, hint: error.hint)
        // The control plane's messages name what was meant; an operator may see the rest of the database's too.
        let detail = error.sqlState.hasPrefix("TD") ? error.detail.flatMap { $0.hasPrefix("[") ? nil : $0 } : nil
        return translate(product, message: [error.message, detail].compactMap { $0 }.joined(separator: ": "))
    }

    private static func translate(_ error: TandemError, message: String) -> CommandFailure {
        var fields: [TandemError.FieldError] = []
        if case .invalid(let invalid) = error { fields = invalid }
        return CommandFailure(exit: exit(of: error), code: error.code, message: message, fields: fields)
    }

    private static func exit(of error: TandemError) -> Exit {
        switch error {
        case .notFound, .unknownIdentifier: .notFound
        case .invalid, .badRequest: .usage
        case .denied, .notAuthor: .denied
        case .unavailable, .deadlineExceeded, .staleRules: .temporary
        case .failure: .failed
        case .merged, .versionMismatch, .duplicate, .inUse, .sameProfile, .refExists, .alreadyUndone, .erased,
            .alreadyDecided, .alreadyConverted, .ambiguousConversion, .alreadyMerged, .countDiffers, .conflict,
            .limitReached, .notUnique:
            .conflict
        }
    }

    private static func translate(_ error: BackupError) -> CommandFailure {
        switch error {
        case .database(let error): translate(error)
        case .product(let error): translate(error, message: error.message)
        case .notFound(let text): CommandFailure(exit: .notFound, code: "not_found", message: text)
        case .conflict(let text, let hint):
            CommandFailure(exit: .conflict, code: "conflict", message: text, hint: hint)
        case .damaged(let text): CommandFailure(exit: .failed, code: "damaged", message: text)
        case .noSpace(let text): CommandFailure(exit: .failed, code: "no_space", message: text)
        case .denied(let text, let hint): CommandFailure(exit: .denied, code: "denied", message: text, hint: hint)
        case .file(let text): CommandFailure(exit: .failed, code: "file", message: text)
        case .program(let text): CommandFailure(exit: .failed, code: "program", message: text)
        }
    }

    private static func translate(_ error: EmbeddedServerError) -> CommandFailure {
        switch error {
        case .noDataDirectory:
            CommandFailure(
                exit: .unreachable, code: "no_database", message: error.description,
                hint: "run tandem serve here to start an embedded PostgreSQL, or give --database-url")
        case .noPostgres, .noUser:
            CommandFailure(
                exit: .unreachable, code: "no_postgres", message: error.description,
                hint: "apt-get install postgresql-15, or give --database-url")
        case .serving:
            CommandFailure(
                exit: .conflict, code: "already_serving", message: error.description,
                hint: "stop it, or give this one another --data-dir")
        case .denied(let text, let hint): CommandFailure(exit: .denied, code: "denied", message: text, hint: hint)
        case .configuration(let text, let hint): .configuration(text, hint: hint)
        case .file, .program: CommandFailure(exit: .failed, code: "embedded_server", message: error.description)
        }
    }

    /// Prints the error where the format wants it and ends the process.
    static func report(_ error: any Error) -> Never {
        guard let failure = CommandFailure(translating: error) else { reportParserError(error) }
        failure.print()
        Foundation.exit(failure.exit.rawValue)
    }

    /// Help and version are no errors; wrong usage has the parser's words, in JSON too.
    private static func reportParserError(_ error: any Error) -> Never {
        let code = Main.exitCode(for: error)
        if code == .success || !OutputFormat.isJSONAsked { Main.exit(withError: error) }
        let isUsage = code == .validationFailure
        CommandFailure(
            exit: isUsage ? .usage : .failed, code: isUsage ? "usage" : "failed", message: Main.message(for: error)
        ).print()
        Foundation.exit(code.rawValue)
    }

    func print() {
        var text: String
        if OutputFormat.isJSONAsked {
            var object: JSONObject = ["code": .string(code), "message": .string(message)]
            if let hint { object["hint"] = .string(hint) }
            if !fields.isEmpty {
                object["errors"] = .array(
                    fields.map {
                        .object([
                            "pointer": .string($0.pointer), "code": .string($0.code), "detail": .string($0.detail),
                        ])
                    })
            }
            text = JSON.object(["error": .object(object)]).text + "\n"
        } else {
            text = "tandem: \(message)\n"
            for field in fields where fields.count > 1 { text += "  \(field.pointer): \(field.detail)\n" }
            if let hint { text += "  \(hint)\n" }
        }
        FileHandle.standardError.write(Data(text.utf8))
    }
}

extension OutputFormat {
    /// Read from the raw arguments, the environment and the file, since an error may come before or during their parsing.
    static var isJSONAsked: Bool {
        let arguments = CommandLine.arguments.dropFirst()
        for (argument, next) in zip(arguments, arguments.dropFirst() + [""]) {
            if argument == "-o" || argument == "--output" { return next.hasPrefix("json") }
            if argument.hasPrefix("--output=json") || argument.hasPrefix("-ojson") { return true }
        }
        let environment = ProcessInfo.processInfo.environment
        if let format = environment["TANDEM_OUTPUT"], !format.isEmpty { return format.hasPrefix("json") }
        return inFile(Array(arguments), environment)?.hasPrefix("json") ?? false
    }

    /// What the configuration file says; nil where it says nothing, or cannot be read, which is an error of its own.
    private static func inFile(_ arguments: [String], _ environment: [String: String]) -> String? {
        var path = environment["TANDEM_CONFIG"] ?? "tandem.toml"
        for (argument, next) in zip(arguments, arguments.dropFirst() + [""]) {
            if argument == "--config" { path = next }
            if argument.hasPrefix("--config=") { path = String(argument.dropFirst("--config=".count)) }
        }
        return (try? Settings.file(path))?[.output]
    }
}
