import Foundation
import Glibc

extension EmbeddedServer {
    /// A certificate for BI from elsewhere: the operator's own `server.crt` and `server.key` in the cluster's folder stay;
    /// without them one is made that signs itself, which encrypts but proves no name.
    func makeCertificate() throws(EmbeddedServerError) {
        let certificate = directory.realCluster + "/server.crt"
        let key = directory.realCluster + "/server.key"
        if access(certificate, F_OK) == 0 && access(key, F_OK) == 0 { return }
        try run(
            "/usr/bin/openssl",
            [
                "req", "-new", "-x509", "-days", "3650", "-nodes", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-subj", "/CN=tandem", "-keyout", key, "-out", certificate,
            ])
        // As who owns the folder: what stands at the path by then is theirs to change.
        try run("/usr/bin/chmod", ["600", key])
    }
}
