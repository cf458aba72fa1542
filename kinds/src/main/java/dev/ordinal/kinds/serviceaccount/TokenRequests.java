package dev.ordinal.kinds.serviceaccount;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Kind.Posting;
import dev.ordinal.api.Problems;
import dev.ordinal.api.Status;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.serviceaccount.AccountTokens.Contents;
import dev.ordinal.kinds.serviceaccount.AccountTokens.Reference;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// Makes the token that somebody asks for at an account's subresource `token`.
///
/// @see "upstream: pkg/registry/core/serviceaccount/storage/token.go"
final class TokenRequests {
    private static final String GROUP = "authentication.k8s.io";
    private static final String KIND = "TokenRequest";
    private static final long DEFAULT_SECONDS = 3600;
    private static final long LEAST_SECONDS = 600;
    private static final long MOST_SECONDS = 1L << 32;

    /// What pods ask for. Such a token lives for a year, so that programs that read it once go on.
    private static final long POD_SECONDS = 3607;

    private static final long YEAR_SECONDS = 365L * 24 * 60 * 60;

    private final AccountTokens tokens;

    TokenRequests(AccountTokens tokens) {
        this.tokens = tokens;
    }

    /// @throws ApiException Invalid, NotFound, Conflict or BadRequest
    ObjectNode answer(ObjectNode request, Posting posting) {
        var namespace = Objects.requireNonNull(posting.namespace());
        checkName(request.path("metadata").path("name").asText(), posting.name());
        var account = posting.api().get(Types.SERVICE_ACCOUNTS, namespace, posting.name());
        checkUid(request.path("metadata").path("uid").asText(), account);
        var spec = request.withObjectProperty("spec");
        if (spec.path("audiences").isEmpty()) spec.putArray("audiences").add(AccountTokens.ISSUER);
        if (!spec.has("expirationSeconds")) spec.put("expirationSeconds", DEFAULT_SECONDS);
        long seconds = spec.path("expirationSeconds").asLong();
        checkLife(seconds);
        var bound = bound(posting.api(), spec.path("boundObjectRef"), account);
        List<String> audiences =
                spec.path("audiences").valueStream().map(JsonNode::asText).toList();
        boolean mounted =
                bound.containsKey("pod")
                        && seconds == POD_SECONDS
                        && audiences.equals(List.of(AccountTokens.ISSUER));
        var token =
                tokens.issue(
                        new Contents(
                                account,
                                bound,
                                audiences,
                                mounted ? YEAR_SECONDS : seconds,
                                mounted ? seconds : 0),
                        posting.now());
        return answer(spec, account, posting, token, seconds);
    }

    private static ObjectNode answer(
            ObjectNode spec, Stored account, Posting posting, String token, long seconds) {
        var answer = JsonNodeFactory.instance.objectNode();
        answer.put("kind", KIND).put("apiVersion", GROUP + "/v1");
        answer.putObject("metadata")
                .put("name", account.name())
                .put("namespace", account.namespace())
                .put("uid", account.uid())
                .put("creationTimestamp", posting.now().toString());
        var shown = answer.putObject("spec");
        shown.set("audiences", spec.path("audiences"));
        shown.put("expirationSeconds", seconds);
        shown.set("boundObjectRef", spec.get("boundObjectRef"));
        answer.putObject("status")
                .put("token", token)
                .put("expirationTimestamp", posting.now().plusSeconds(seconds).toString());
        return answer;
    }

    private static void checkName(String given, String name) {
        if (given.isEmpty() || given.equals(name)) return;
        var problems = new Problems();
        problems.at("metadata")
                .at("name")
                .invalid(given, "must match the service account name if specified");
        throw problems.invalid(KIND, GROUP, name);
    }

    private static void checkUid(String uid, Stored account) {
        if (uid.isEmpty() || uid.equals(account.uid())) return;
        throw conflict(
                KIND + "." + GROUP,
                GROUP,
                KIND,
                account.name(),
                "the UID in the token request (%s) does not match the UID of the service account (%s)"
                        .formatted(uid, account.uid()));
    }

    private static ApiException conflict(
            String what, String group, String kind, String name, String why) {
        return new ApiException(
                new Status(
                        409,
                        "Conflict",
                        "Operation cannot be fulfilled on %s \"%s\": %s".formatted(what, name, why),
                        Status.Details.of(name, group, kind)));
    }

    private static void checkLife(long seconds) {
        var problems = new Problems();
        var at = problems.at("spec").at("expirationSeconds");
        if (seconds < LEAST_SECONDS) {
            at.invalid(seconds, "may not specify a duration less than 10 minutes");
        }
        if (seconds > MOST_SECONDS) {
            at.invalid(seconds, "may not specify a duration larger than 2^32 seconds");
        }
        if (!problems.isEmpty()) throw problems.invalid(KIND, GROUP, "");
    }

    /// The object that the token is bound to, and a pod's node.
    private static Map<String, Reference> bound(Api api, JsonNode reference, Stored account) {
        Map<String, Reference> bound = new TreeMap<>();
        if (!reference.isObject()) return bound;
        var kind = reference.path("kind").asText();
        var version = reference.path("apiVersion").asText();
        var name = reference.path("name").asText();
        Stored object;
        switch (version.contains("/") ? "" : kind) {
            case "Pod" -> {
                object = api.get(Types.PODS, account.namespace(), name);
                var runsAs = object.tree().at("/spec/serviceAccountName").asText();
                if (!runsAs.equals(account.name())) {
                    throw ApiException.badRequest(
                            "cannot bind token for serviceaccount \"%s\" to pod running with different serviceaccount name."
                                    .formatted(account.name()));
                }
                bound.put("pod", Reference.of(object));
                var node = object.tree().at("/spec/nodeName").asText();
                if (!node.isEmpty()) bound.put("node", node(api, node));
            }
            case "Secret" -> {
                object = api.get(Types.SECRETS, account.namespace(), name);
                bound.put("secret", Reference.of(object));
            }
            case "Node" -> {
                object = api.get(Types.NODES, null, name);
                bound.put("node", Reference.of(object));
            }
            default ->
                    throw ApiException.badRequest(
                            "cannot bind token to object of type %s"
                                    .formatted(described(version, kind)));
        }
        var uid = reference.path("uid").asText();
        if (!uid.isEmpty() && !uid.equals(object.uid())) {
            throw conflict(
                    kind,
                    "",
                    kind,
                    name,
                    "the UID in the bound object reference (%s) does not match the UID in record. The object might have been deleted and then recreated"
                            .formatted(uid));
        }
        return bound;
    }

    private static Reference node(Api api, String name) {
        try {
            return Reference.of(api.get(Types.NODES, null, name));
        } catch (ApiException missing) {
            if (missing.code() != 404) throw missing;
            return new Reference(name, "");
        }
    }

    /// As Go prints a group, version and kind.
    private static String described(String apiVersion, String kind) {
        var type = GroupVersionResource.of(apiVersion, kind);
        return "%s/%s, Kind=%s".formatted(type.group(), type.version(), kind);
    }
}
