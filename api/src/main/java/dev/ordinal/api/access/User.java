package dev.ordinal.api.access;

import dev.ordinal.api.Names;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Who sends a request.
///
/// @param uid empty: none is known
/// @param extra what the way of logging in tells besides, by key
public record User(String name, String uid, List<String> groups, Map<String, List<String>> extra) {
    public static final String AUTHENTICATED = "system:authenticated";
    public static final String UNAUTHENTICATED = "system:unauthenticated";

    /// Nobody known.
    public static final User ANONYMOUS =
            new User("system:anonymous", "", List.of(UNAUTHENTICATED), Map.of());

    private static final String MASTERS = "system:masters";
    private static final String ACCOUNT = "system:serviceaccount:";
    private static final String ACCOUNTS = "system:serviceaccounts";

    public User {
        groups = List.copyOf(groups);
        extra = Collections.unmodifiableMap(new LinkedHashMap<>(extra));
    }

    /// A part of the cluster itself.
    public static User trusted(String name) {
        return new User(name, "", List.of(MASTERS), Map.of());
    }

    /// A namespace's ServiceAccount, without the group that logging in adds.
    public static User account(String namespace, String name) {
        return new User(ACCOUNT + namespace + ":" + name, "", accountGroups(namespace), Map.of());
    }

    public static List<String> accountGroups(String namespace) {
        return List.of(ACCOUNTS, ACCOUNTS + ":" + namespace);
    }

    /// A ServiceAccount by the name of its user.
    public record Account(String namespace, String name) {}

    /// Which ServiceAccount has this user name, if any can.
    public static Optional<Account> accountOf(String user) {
        if (!user.startsWith(ACCOUNT)) return Optional.empty();
        var parts = user.substring(ACCOUNT.length()).split(":", -1);
        return parts.length == 2
                        && Names.label(parts[0], false).isEmpty()
                        && Names.subdomain(parts[1], false).isEmpty()
                ? Optional.of(new Account(parts[0], parts[1]))
                : Optional.empty();
    }

    /// The same user, as one who has logged in.
    public User authenticated() {
        return groups.contains(UNAUTHENTICATED) ? this : with(AUTHENTICATED);
    }

    /// The same user, in this group too.
    public User with(String group) {
        if (groups.contains(group)) return this;
        List<String> more = new ArrayList<>(groups);
        more.add(group);
        return new User(name, uid, more, extra);
    }

    public boolean anonymous() {
        return groups.contains(UNAUTHENTICATED);
    }

    /// Members of `system:masters` may do everything.
    public boolean mayDoEverything() {
        return groups.contains(MASTERS);
    }
}
