package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Types;
import dev.ordinal.node.image.Image;
import dev.ordinal.node.pod.Machine.CannotStartException;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/// The environment of one container: the image's, then `envFrom`, then `env`, then what describes
/// the Services of its namespace where nothing else has the name.
///
/// @see "upstream: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables"
final class PodEnvironment {
    private static final String CONFIG_ERROR = "CreateContainerConfigError";

    private final Api api;
    private final JsonNode pod;
    private final JsonNode container;
    private final Image image;
    private final String address;
    private final String nodeAddress;

    PodEnvironment(
            Api api,
            JsonNode pod,
            JsonNode container,
            Image image,
            String address,
            String nodeAddress) {
        this.api = api;
        this.pod = pod;
        this.container = container;
        this.image = image;
        this.address = address;
        this.nodeAddress = nodeAddress;
    }

    private String namespace() {
        return pod.at("/metadata/namespace").asText();
    }

    Map<String, String> resolve(String hostname, String home) throws CannotStartException {
        Map<String, String> own = new LinkedHashMap<>();
        for (var source : container.path("envFrom")) addAll(own, source);
        var services = services();
        for (var variable : container.path("env")) {
            var name = variable.path("name").asText();
            if (variable.has("valueFrom")) {
                var value = from(variable.path("valueFrom"));
                if (value.isPresent()) own.put(name, value.get());
            } else {
                Map<String, String> known = new HashMap<>(services);
                known.putAll(own);
                own.put(name, expand(variable.path("value").asText(), known));
            }
        }
        Map<String, String> all = new TreeMap<>();
        all.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        all.put("HOME", home);
        all.put("HOSTNAME", hostname);
        if (container.path("tty").asBoolean()) all.put("TERM", "xterm"); // as containerd has it
        for (var variable : image.config().environment()) {
            int equals = variable.indexOf('=');
            if (equals > 0) all.put(variable.substring(0, equals), variable.substring(equals + 1));
        }
        all.putAll(services);
        all.putAll(own);
        return all;
    }

    private void addAll(Map<String, String> into, JsonNode source) throws CannotStartException {
        var prefix = source.path("prefix").asText();
        if (source.has("configMapRef")) {
            var reference = source.path("configMapRef");
            var found = find(Types.CONFIG_MAPS, "configmap", reference);
            found.ifPresent(
                    map ->
                            map.path("data")
                                    .properties()
                                    .forEach(
                                            e ->
                                                    into.put(
                                                            prefix + e.getKey(),
                                                            e.getValue().asText())));
        }
        if (source.has("secretRef")) {
            var found = find(Types.SECRETS, "secret", source.path("secretRef"));
            found.ifPresent(
                    secret ->
                            secret.path("data")
                                    .properties()
                                    .forEach(
                                            e ->
                                                    into.put(
                                                            prefix + e.getKey(),
                                                            decode(e.getValue()))));
        }
    }

    private static String decode(JsonNode base64) {
        return new String(Base64.getDecoder().decode(base64.asText()), StandardCharsets.UTF_8);
    }

    private Optional<JsonNode> find(GroupVersionResource type, String what, JsonNode reference)
            throws CannotStartException {
        var name = reference.path("name").asText();
        try {
            return Optional.of(api.get(type, namespace(), name).tree());
        } catch (ApiException missing) {
            if (missing.code() != 404) throw missing;
            if (reference.path("optional").asBoolean()) return Optional.empty();
            throw new CannotStartException(
                    CONFIG_ERROR, "%s \"%s\" not found".formatted(what, name));
        }
    }

    private Optional<String> from(JsonNode source) throws CannotStartException {
        if (source.has("fieldRef"))
            return Optional.of(field(source.at("/fieldRef/fieldPath").asText()));
        if (source.has("resourceFieldRef"))
            return Optional.of(
                    PodFields.resource(
                            pod,
                            container,
                            source.path("resourceFieldRef"),
                            java.lang.Runtime.getRuntime()));
        if (source.has("configMapKeyRef"))
            return keyOf(Types.CONFIG_MAPS, "configmap", source.path("configMapKeyRef"));
        if (source.has("secretKeyRef"))
            return keyOf(Types.SECRETS, "secret", source.path("secretKeyRef"));
        throw new CannotStartException(
                CONFIG_ERROR, "env valueFrom %s is not supported".formatted(source));
    }

    private Optional<String> keyOf(GroupVersionResource type, String what, JsonNode reference)
            throws CannotStartException {
        var found = find(type, what, reference);
        if (found.isEmpty()) return Optional.empty();
        var key = reference.path("key").asText();
        var value = found.get().path("data").path(key);
        if (value.isTextual())
            return Optional.of(what.equals("secret") ? decode(value) : value.asText());
        if (reference.path("optional").asBoolean()) return Optional.empty();
        throw new CannotStartException(
                CONFIG_ERROR,
                "couldn't find key %s in %s %s/%s"
                        .formatted(
                                key,
                                what.equals("secret") ? "Secret" : "ConfigMap",
                                namespace(),
                                reference.path("name").asText()));
    }

    private String field(String path) {
        return switch (path) {
            case "status.podIP", "status.podIPs" -> address;
            case "status.hostIP", "status.hostIPs" -> nodeAddress;
            default -> PodFields.text(pod, path);
        };
    }

    /// Every Service with an address in the pod's namespace, and always the API's.
    private Map<String, String> services() {
        Map<String, String> variables = new TreeMap<>();
        try {
            addService(variables, api.get(Types.SERVICES, "default", "kubernetes"));
        } catch (ApiException missing) {
            if (missing.code() != 404) throw missing;
        }
        if (pod.at("/spec/enableServiceLinks").asBoolean(true)) {
            for (var service : api.list(Types.SERVICES, namespace(), ListOptions.ALL).items())
                addService(variables, service);
        }
        return variables;
    }

    private static void addService(Map<String, String> variables, Stored service) {
        var spec = service.tree().path("spec");
        var ip = spec.path("clusterIP").asText();
        if (ip.isEmpty() || ip.equals("None")) return;
        var name = service.name().toUpperCase(Locale.ROOT).replace('-', '_');
        boolean first = true;
        variables.put(name + "_SERVICE_HOST", ip);
        for (var port : spec.path("ports")) {
            var number = port.path("port").asText();
            var protocol = port.path("protocol").asText("TCP");
            var url = "%s://%s:%s".formatted(protocol.toLowerCase(Locale.ROOT), ip, number);
            if (first) {
                variables.put(name + "_SERVICE_PORT", number);
                variables.put(name + "_PORT", url);
            }
            first = false;
            var portName = port.path("name").asText();
            if (!portName.isEmpty()) {
                variables.put(
                        name
                                + "_SERVICE_PORT_"
                                + portName.toUpperCase(Locale.ROOT).replace('-', '_'),
                        number);
            }
            var prefix = "%s_PORT_%s_%s".formatted(name, number, protocol);
            variables.put(prefix, url);
            variables.put(prefix + "_PROTO", protocol.toLowerCase(Locale.ROOT));
            variables.put(prefix + "_PORT", number);
            variables.put(prefix + "_ADDR", ip);
        }
    }

    /// The names that a text refers to and that are not known.
    static Set<String> unknown(String text, Map<String, String> known) {
        Set<String> unknown = new TreeSet<>();
        expand(
                text,
                name -> {
                    var value = known.get(name);
                    if (value == null) unknown.add(name);
                    return value;
                });
        return unknown;
    }

    /// Replaces `$(NAME)` where NAME is known; `$$` is a dollar sign.
    ///
    /// @see "upstream: third_party/forked/golang/expansion"
    static String expand(String text, Map<String, String> known) {
        return expand(text, known::get);
    }

    private static String expand(String text, Function<String, @Nullable String> known) {
        var result = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '$' || i + 1 == text.length()) {
                result.append(c);
                continue;
            }
            char next = text.charAt(i + 1);
            int end = next == '(' ? text.indexOf(')', i) : -1;
            if (next == '$') {
                result.append('$');
                i++;
            } else if (end > 0) {
                var value = known.apply(text.substring(i + 2, end));
                result.append(value == null ? text.substring(i, end + 1) : value);
                i = end;
            } else {
                result.append(c);
            }
        }
        return result.toString();
    }
}
