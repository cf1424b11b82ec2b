import Foundation
import Glibc
import Logging
import Tandem
import TandemHTTP

/// Where the certificate for TLS and its key lie.
struct CertificateFiles {
    let certificate: String
    let key: String

    /// Days before the end of a certificate at which `tandem doctor` says so.
    private static let notice = 14

    /// Nil: without TLS.
    init?(_ settings: Settings) throws {
        switch (settings[.tlsCertificate], settings[.tlsKey]) {
        case (nil, nil): return nil
        case (let certificate?, let key?): (self.certificate, self.key) = (certificate, key)
        case (nil, _), (_, nil):
            throw CommandFailure.configuration(
                "tls_certificate and tls_key go together: one of them is missing",
                hint: "tandem serve --tls-certificate cert.pem --tls-key key.pem")
        }
    }

    /// - Throws: `CommandFailure` with exit code 78 that says what is wrong with the files.
    func keeper(logger: Logger) throws -> CertificateKeeper {
        do throws(ServerCertificate.Fault) {
            return try CertificateKeeper(certificate: certificate, key: key, logger: logger)
        } catch {
            throw CommandFailure.configuration(error.description, hint: error.remedy)
        }
    }

    /// What `tandem doctor` says of them.
    func finding(now: Date = Date()) -> Doctor.Finding {
        do throws(ServerCertificate.Fault) {
            let end = try ServerCertificate(certificate: certificate, key: key, now: now).validUntil
            let days = Int(end.timeIntervalSince(now) / 86_400)
            let words = "\(certificate) is valid until \(ServerCertificate.day(end)), \(days) days"
            if days < Self.notice {
                return Doctor.Finding(
                    .warn, "certificate", words, "renew it; a server that runs takes the new one by itself")
            }
            if isOpen {
                return Doctor.Finding(
                    .warn, "certificate", "everybody on this machine may read the key \(key)", "chmod o-r \(key)")
            }
            return Doctor.Finding(.ok, "certificate", words)
        } catch {
            return Doctor.Finding(.fail, "certificate", error.description, error.remedy)
        }
    }

    private var isOpen: Bool {
        var status = stat()
        return stat(key, &status) == 0 && status.st_mode & 0o004 != 0
    }
}
