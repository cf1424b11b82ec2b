/// Who did something, as pages say it.
enum ActorWords {
    /// `console:cli:root` is `root (console)`: who made the sign-in link; `key:key_01…` is `API key key_01…`;
    /// `user:sales@acme.example` is the address.
    /// - Parameter cause: why a record changed; an import is told as one, whoever started it.
    static func words(_ actor: String, cause: String? = nil) -> String {
        if cause == "import" { return "import" }
        if let maker = actor.droppingPrefix("console:") { return "\(maker.droppingPrefix("cli:") ?? maker) (console)" }
        if let email = actor.droppingPrefix("user:") { return email }
        if let user = actor.droppingPrefix("cli:") { return "\(user) (command line)" }
        if let key = actor.droppingPrefix("key:") { return "API key \(key)" }
        return actor
    }
}

extension String {
    fileprivate func droppingPrefix(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
