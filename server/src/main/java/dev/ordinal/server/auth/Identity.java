package dev.ordinal.server.auth;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;

/// Who sends a request.
///
/// @param name the certificate's common name
/// @param groups its organizations, and `system:authenticated`
public record Identity(String name, List<String> groups) {
    public static final Identity ANONYMOUS =
            new Identity("system:anonymous", List.of("system:unauthenticated"));

    /// Empty: the certificate names nobody.
    public static Optional<Identity> of(X509Certificate certificate) {
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
            groups.add("system:authenticated");
            return Optional.of(new Identity(name, List.copyOf(groups)));
        } catch (InvalidNameException _) {
            return Optional.empty();
        }
    }

    public boolean anonymous() {
        return groups.contains("system:unauthenticated");
    }

    /// Members of `system:masters` may do everything.
    public boolean mayDoEverything() {
        return groups.contains("system:masters");
    }
}
