package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.control.Types;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// The tokens that volumes of pods show. One is asked for when a pod first needs it, and another
/// when 80 % of its life is over, or a day.
///
/// @see "upstream: pkg/kubelet/token/token_manager.go"
final class TokenMount {
    private static final WriteOptions KUBELET = WriteOptions.by("kubelet");
    private static final Duration LIFE_MAX = Duration.ofHours(24);
    private static final Duration RETRY = Duration.ofSeconds(10);

    private final Api api;
    private final InstantSource clock;
    private final Map<Wanted, Held> held = new ConcurrentHashMap<>();

    /// @param audience empty: the API server
    private record Wanted(String podUid, String account, String audience, long seconds) {}

    private record Held(String token, Instant renewal, Instant end) {}

    TokenMount(Api api, InstantSource clock) {
        this.api = api;
        this.clock = clock;
    }

    /// The token that a volume's source shows now. One that could not be renewed goes on to its
    /// end.
    ///
    /// @param source `serviceAccountToken` of a projected volume
    /// @throws ApiException there is none
    String token(JsonNode pod, JsonNode source) {
        var wanted =
                new Wanted(
                        pod.at("/metadata/uid").asText(),
                        pod.at("/spec/serviceAccountName").asText(),
                        source.path("audience").asText(),
                        source.path("expirationSeconds").asLong());
        var now = clock.instant();
        var known = held.get(wanted);
        if (known != null && now.isBefore(known.renewal)) return known.token;
        try {
            var fresh = ask(pod, wanted);
            held.put(wanted, fresh);
            return fresh.token;
        } catch (ApiException refused) {
            if (known == null || !now.isBefore(known.end)) throw refused;
            held.put(wanted, new Held(known.token, now.plus(RETRY), known.end));
            return known.token;
        }
    }

    private Held ask(JsonNode pod, Wanted wanted) {
        var request = JsonNodeFactory.instance.objectNode();
        var spec = request.putObject("spec");
        var audiences = spec.putArray("audiences");
        if (!wanted.audience.isEmpty()) audiences.add(wanted.audience);
        spec.put("expirationSeconds", wanted.seconds);
        spec.putObject("boundObjectRef")
                .put("apiVersion", "v1")
                .put("kind", "Pod")
                .put("name", pod.at("/metadata/name").asText())
                .put("uid", wanted.podUid);
        var answer =
                api.create(
                                Types.SERVICE_ACCOUNTS,
                                pod.at("/metadata/namespace").asText(),
                                wanted.account,
                                "token",
                                new Api.Body.Tree(request),
                                KUBELET)
                        .object()
                        .tree()
                        .path("status");
        var end = Instant.parse(answer.path("expirationTimestamp").asText());
        var life = Duration.ofSeconds(wanted.seconds);
        return new Held(answer.path("token").asText(), renewal(end.minus(life), end), end);
    }

    /// When a token of this life is to be renewed.
    static Instant renewal(Instant begin, Instant end) {
        var life = Duration.between(begin, end);
        var early = begin.plus(life.multipliedBy(4).dividedBy(5));
        var latest = begin.plus(LIFE_MAX);
        return early.isBefore(latest) ? early : latest;
    }

    /// When the first token of a pod is to be renewed; empty: it has none.
    Optional<Instant> renewal(String podUid) {
        return held.entrySet().stream()
                .filter(entry -> entry.getKey().podUid.equals(podUid))
                .map(entry -> entry.getValue().renewal)
                .min(Instant::compareTo);
    }

    /// Forgets a pod that has ended.
    void release(String podUid) {
        held.keySet().removeIf(wanted -> wanted.podUid.equals(podUid));
    }
}
