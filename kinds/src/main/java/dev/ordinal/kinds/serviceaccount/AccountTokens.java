package dev.ordinal.kinds.serviceaccount;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.RecentMap;
import dev.ordinal.api.Stored;
import dev.ordinal.api.access.Authenticator;
import dev.ordinal.api.access.User;
import dev.ordinal.control.Types;

import org.jspecify.annotations.Nullable;

import java.security.KeyPair;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/// Tokens of ServiceAccounts. One holds until it ends, and as long as its account, and the Pod,
/// Secret or Node it is bound to, are there with the uids they had.
///
/// @see "upstream: pkg/serviceaccount/claims.go and jwt.go"
public final class AccountTokens implements Authenticator {
    /// Who issues the tokens, and the audience that the API server is.
    public static final String ISSUER = "https://kubernetes.default.svc.cluster.local";

    private static final String PRIVATE = "kubernetes.io";
    private static final String EXTRA = "authentication.kubernetes.io/";
    private static final String INVALIDATED = "service account token has been invalidated";
    private static final long LEEWAY_SECONDS = 60;
    private static final int KNOWN_MAX = 4096;

    private final Supplier<KeyPair> keys;
    private final InstantSource clock;

    /// What tokens say whose signature has been checked.
    private final Map<String, JsonNode> known = RecentMap.of(KNOWN_MAX);
    private volatile @Nullable Api api;
    private @Nullable Jwt jwt;

    /// @param keys of the curve P-256; asked for when the first token is made or seen
    public AccountTokens(Supplier<KeyPair> keys, InstantSource clock) {
        this.keys = keys;
        this.clock = clock;
    }

    /// Called once, before anybody logs in.
    public void load(Api api) {
        this.api = api;
    }

    private synchronized Jwt jwt() {
        var made = jwt;
        if (made == null) {
            made = new Jwt(keys.get());
            jwt = made;
        }
        return made;
    }

    /// What a token says of an object.
    record Reference(String name, String uid) {
        static Reference of(Stored object) {
            return new Reference(object.name(), object.uid());
        }

        private ObjectNode tree() {
            var tree = JsonNodeFactory.instance.objectNode().put("name", name);
            return uid.isEmpty() ? tree : tree.put("uid", uid);
        }
    }

    /// What a new token says.
    ///
    /// @param bound by `pod`, `secret` or `node`; a pod's node goes with it
    /// @param warnAfterSeconds from when on its use is old-fashioned; 0: never
    record Contents(
            Stored account,
            Map<String, Reference> bound,
            List<String> audiences,
            long lifeSeconds,
            long warnAfterSeconds) {}

    String issue(Contents contents, Instant now) {
        long seconds = now.getEpochSecond();
        var claims = JsonNodeFactory.instance.objectNode();
        contents.audiences.forEach(claims.putArray("aud")::add);
        claims.put("exp", seconds + contents.lifeSeconds);
        claims.put("iat", seconds).put("iss", ISSUER).put("jti", UUID.randomUUID().toString());
        var account = contents.account;
        var own = claims.putObject(PRIVATE).put("namespace", account.namespace());
        for (var kind : List.of("node", "pod", "secret")) {
            var reference = contents.bound.get(kind);
            if (reference != null) own.set(kind, reference.tree());
        }
        own.set("serviceaccount", Reference.of(account).tree());
        if (contents.warnAfterSeconds > 0)
            own.put("warnafter", seconds + contents.warnAfterSeconds);
        claims.put("nbf", seconds);
        claims.put("sub", User.account(account.namespace(), account.name()).name());
        return jwt().sign(claims);
    }

    @Override
    public Answer user(String token, List<String> audiences) {
        var claims = known.get(token);
        if (claims == null) {
            claims = Jwt.claims(token).orElse(MissingNode.getInstance());
            if (!claims.path("iss").asText().equals(ISSUER)) return Answer.nobody("");
            if (jwt().isOfAnotherKey(token)) {
                return Answer.nobody("invalid signature, no keys found");
            }
            if (!jwt().isSigned(token)) {
                return Answer.nobody("go-jose/go-jose: error in cryptographic primitive");
            }
            known.put(token, claims);
        }
        return checked(claims, audiences.isEmpty() ? List.of(ISSUER) : audiences);
    }

    private Answer checked(JsonNode claims, List<String> wanted) {
        List<String> audiences = texts(claims.path("aud"));
        List<String> common = new ArrayList<>(audiences);
        common.retainAll(wanted);
        if (common.isEmpty()) {
            return Answer.nobody(
                    "token audiences %s is invalid for the target audiences %s"
                            .formatted(quoted(audiences), quoted(wanted)));
        }
        long now = clock.instant().getEpochSecond();
        if (now - LEEWAY_SECONDS > claims.path("exp").asLong()) {
            return Answer.nobody("service account token has expired");
        }
        if (now + LEEWAY_SECONDS < claims.path("nbf").asLong()) {
            return Answer.nobody("service account token is not valid yet");
        }
        var own = claims.path(PRIVATE);
        var namespace = own.path("namespace").asText();
        try {
            checkAccount(namespace, own.path("serviceaccount"));
            checkBound(Types.SECRETS, namespace, own, "secret");
            checkBound(Types.PODS, namespace, own, "pod");
            if (!own.has("pod")) checkBound(Types.NODES, null, own, "node");
        } catch (ApiException refused) {
            return Answer.nobody(refused.status().message());
        }
        return Answer.of(user(namespace, own, claims.path("jti").asText()), common);
    }

    private Stored get(GroupVersionResource type, @Nullable String namespace, String name) {
        var loaded = api;
        if (loaded == null) throw new IllegalStateException("nothing is loaded");
        return loaded.get(type, namespace, name);
    }

    private void checkAccount(String namespace, JsonNode claimed) {
        var name = claimed.path("name").asText();
        var account = get(Types.SERVICE_ACCOUNTS, namespace, name);
        var uid = claimed.path("uid").asText();
        if (!account.uid().equals(uid)) {
            throw ApiException.badRequest(
                    "service account UID (%s) does not match claim (%s)"
                            .formatted(account.uid(), uid));
        }
        if (isGone(account)) {
            throw ApiException.badRequest(
                    "service account %s/%s has been deleted".formatted(namespace, name));
        }
    }

    private void checkBound(
            GroupVersionResource type, @Nullable String namespace, JsonNode own, String kind) {
        var claimed = own.get(kind);
        if (claimed == null) return;
        Stored object;
        try {
            object = get(type, namespace, claimed.path("name").asText());
        } catch (ApiException missing) {
            throw ApiException.badRequest(INVALIDATED);
        }
        var uid = claimed.path("uid").asText();
        if (!object.uid().equals(uid)) {
            throw ApiException.badRequest(
                    "%s UID (%s) does not match service account %s ref claim (%s)"
                            .formatted(kind, object.uid(), kind, uid));
        }
        if (isGone(object)) throw ApiException.badRequest(INVALIDATED);
    }

    /// It is being deleted, and that began a while ago.
    private boolean isGone(Stored object) {
        var deleted = object.tree().at("/metadata/deletionTimestamp").asText();
        return !deleted.isEmpty()
                && Instant.parse(deleted).isBefore(clock.instant().minusSeconds(LEEWAY_SECONDS));
    }

    private static User user(String namespace, JsonNode own, String id) {
        Map<String, List<String>> extra = new LinkedHashMap<>();
        if (!id.isEmpty()) extra.put(EXTRA + "credential-id", List.of("JTI=" + id));
        for (var kind : List.of("node", "pod")) {
            for (var field : List.of("name", "uid")) {
                var value = own.path(kind).path(field).asText();
                if (!value.isEmpty()) extra.put(EXTRA + kind + "-" + field, List.of(value));
            }
        }
        var account = own.path("serviceaccount");
        var user = User.account(namespace, account.path("name").asText());
        return new User(user.name(), account.path("uid").asText(), user.groups(), extra)
                .authenticated();
    }

    @Override
    public Map<String, String> documents() {
        var set = JsonNodeFactory.instance.objectNode();
        set.putArray("keys").add(jwt().publicKey());
        var configuration = JsonNodeFactory.instance.objectNode();
        configuration.put("issuer", ISSUER).put("jwks_uri", ISSUER + "/openid/v1/jwks");
        configuration.putArray("response_types_supported").add("id_token");
        configuration.putArray("subject_types_supported").add("public");
        configuration.putArray("id_token_signing_alg_values_supported").add("ES256");
        return Map.of(
                "/openid/v1/jwks", set.toString(),
                "/.well-known/openid-configuration", configuration.toString());
    }

    private static List<String> texts(JsonNode list) {
        return list.valueStream().map(JsonNode::asText).toList();
    }

    private static String quoted(List<String> texts) {
        return "[" + String.join(" ", texts.stream().map(t -> '"' + t + '"').toList()) + "]";
    }
}
