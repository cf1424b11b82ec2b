import Postgres

/// What to do about a connection that could not be made, by libpq's own words.
enum DatabaseAdvice {
    private static let known: [(words: String, advice: String)] = [
        (
            "certificate verify failed",
            "another CA signed the server's certificate: name the one that did, sslrootcert=/path/ca.pem in the URL"
        ),
        (
            "does not match host name",
            "the server's certificate has other names: connect by one of them, or have it issued for this one; "
                + "sslmode=verify-ca asks for the CA alone"
        ),
        (
            "root certificate file",
            "sslmode=verify-ca and verify-full need the CA's certificate: sslrootcert=/path/ca.pem in the URL"
        ),
        (
            "server does not support SSL",
            "switch ssl on in its postgresql.conf, with ssl_cert_file and ssl_key_file; without TLS (sslmode=disable) all "
                + "that is sent can be read on the way"
        ),
        (
            "pg_hba.conf", "let the login in from this address in the server's pg_hba.conf, then reload it"
        ),
    ]

    static func of(_ error: PostgresError) -> String {
        known.first { error.message.contains($0.words) }?.advice ?? "is it running? tandem doctor looks"
    }
}
