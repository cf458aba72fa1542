package dev.ordinal.node.image;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.List;

/// What an image says about the containers made from it.
///
/// @param environment as `NAME=value`
/// @param workingDirectory empty for the root
/// @param user empty for root, else `user` or `user:group`, by number or name
/// @param stopSignal empty, a number, or a name as `SIGQUIT`
/// @see "OCI image specification: config"
public record ImageConfig(
        List<String> environment,
        List<String> entrypoint,
        List<String> command,
        String workingDirectory,
        String user,
        String stopSignal) {
    static ImageConfig of(JsonNode config) {
        return new ImageConfig(
                strings(config.path("Env")),
                strings(config.path("Entrypoint")),
                strings(config.path("Cmd")),
                config.path("WorkingDir").asText(),
                config.path("User").asText(),
                config.path("StopSignal").asText());
    }

    private static List<String> strings(JsonNode list) {
        List<String> strings = new ArrayList<>();
        list.forEach(item -> strings.add(item.asText()));
        return List.copyOf(strings);
    }
}
