package dev.ordinal.cli;

import com.fasterxml.jackson.databind.JsonNode;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What happens to the pods with one label, as a watch tells it: `ADDED web-0`, `READY web-0`,
/// `DELETED web-0`, each once in a pod's life. Pods that are there already come first, as `ADDED`.
final class PodWatch implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 120;

    private final Client client;
    private final BufferedReader events;
    private final Set<String> ready = new HashSet<>();

    /// @param app the value of the label `app`
    PodWatch(LiveCluster cluster, String namespace, String app) throws Exception {
        client = Client.of(cluster.data());
        var path =
                "/api/v1/namespaces/%s/pods?watch=true&timeoutSeconds=%d&labelSelector=app%%3D%s"
                        .formatted(namespace, PATIENCE_SECONDS, app);
        events =
                new BufferedReader(
                        new InputStreamReader(client.stream(path), StandardCharsets.UTF_8));
    }

    /// What happens from now on, up to and with this line.
    List<String> until(String last) throws IOException {
        List<String> story = new ArrayList<>();
        while (!story.contains(last)) next(story);
        return story;
    }

    /// What happens from now on until so many pods are gone.
    List<String> untilGone(int count) throws IOException {
        List<String> story = new ArrayList<>();
        while (story.stream().filter(told -> told.startsWith("DELETED")).count() < count) {
            next(story);
        }
        return story;
    }

    private void next(List<String> story) throws IOException {
        var line = events.readLine();
        if (line == null) throw new AssertionError("the watch ended after " + story);
        var event = Client.JSON.readTree(line);
        var type = event.path("type").asText();
        var pod = event.path("object");
        var name = pod.at("/metadata/name").asText();
        switch (type) {
            case "ADDED" -> {
                story.add("ADDED " + name);
                if (isReady(pod)) ready.add(name);
            }
            case "MODIFIED" -> {
                if (isReady(pod) && ready.add(name)) story.add("READY " + name);
            }
            case "DELETED" -> {
                story.add("DELETED " + name);
                ready.remove(name);
            }
            default -> throw new AssertionError("after %s: %s".formatted(story, line));
        }
    }

    private static boolean isReady(JsonNode pod) {
        for (var condition : pod.at("/status/conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                return condition.path("status").asText().equals("True");
            }
        }
        return false;
    }

    @Override
    public void close() throws IOException {
        events.close();
        client.close();
    }
}
