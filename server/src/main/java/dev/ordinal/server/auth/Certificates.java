package dev.ordinal.server.auth;

import dev.ordinal.api.access.User;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;

/// Users by client certificate: the common name is the user, the organizations are the groups.
public final class Certificates {
    private static final String CREDENTIAL = "authentication.kubernetes.io/credential-id";

    private Certificates() {}

    /// Empty: the certificate names nobody.
    public static Optional<User> user(X509Certificate certificate) {
        try {
            var name = "";
            List<String> groups = new ArrayList<>();
            for (var part :
                    new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
                var value = part.getValue().toString();
                if (part.getType().equalsIgnoreCase("CN")) name = value;
                if (part.getType().equalsIgnoreCase("O")) groups.add(value);
            }
            if (name.isEmpty()) return Optional.empty();
            var hash = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
            var credential = "X509SHA256=" + HexFormat.of().formatHex(hash);
            var extra = Map.of(CREDENTIAL, List.of(credential));
            return Optional.of(new User(name, "", groups, extra).authenticated());
        } catch (InvalidNameException | CertificateEncodingException _) {
            return Optional.empty();
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
