package dev.visits;

import java.util.List;
import java.util.stream.Collectors;

/// What a visitor sees.
final class Page {
    private static final int SHOWN = 100;

    private Page() {}

    static String of(String pod, String ordinal, List<String> visits) {
        var lines =
                visits.reversed().stream()
                        .limit(SHOWN)
                        .map(visit -> "<li>" + escape(visit) + "</li>")
                        .collect(Collectors.joining("\n"));
        var more =
                visits.size() > SHOWN
                        ? "<p>and %d earlier</p>".formatted(visits.size() - SHOWN)
                        : "";
        return frame(
                pod,
                """
                <h1><span>%s</span> %s</h1>
                <p>%d visit%s on this replica's own volume, newest first</p>
                <ol>
                %s
                </ol>
                %s\
                """
                        .formatted(
                                escape(ordinal),
                                escape(pod),
                                visits.size(),
                                visits.size() == 1 ? "" : "s",
                                lines,
                                more));
    }

    static String problem(String pod, String what) {
        return frame(
                pod,
                """
                <h1><span>!</span> %s</h1>
                <p>Your visit could not be written: %s.</p>
                <p>Earlier visits are safe.</p>\
                """
                        .formatted(escape(pod), escape(what)));
    }

    private static String frame(String title, String body) {
        return """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>%s</title>
        <style>
          :root { color-scheme: light dark }
          body { font: 17px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto; padding: 0 1rem }
          h1 { font-weight: 600; display: flex; align-items: center; gap: .6em }
          h1 span { background: #326ce5; color: #fff; border-radius: .3em; min-width: 1.6em; text-align: center }
          p { color: gray }
          ol { list-style: none; padding: 0; font-family: ui-monospace, monospace }
          li { padding: .15em 0; border-top: 1px solid #8883 }
          li:first-child { color: #326ce5; font-weight: 600 }
        </style>
        %s
        </html>
        """
                .formatted(escape(title), body);
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
