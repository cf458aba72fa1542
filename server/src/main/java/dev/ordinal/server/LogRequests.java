package dev.ordinal.server;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.PodStreams.LogOptions;
import dev.ordinal.api.Problems;

import org.jspecify.annotations.Nullable;

import java.time.DateTimeException;
import java.time.OffsetDateTime;

/// What a request for a container's log asks for.
///
/// @see "upstream: ValidatePodLogOptions"
final class LogRequests {
    private LogRequests() {}

    /// @throws ApiException Invalid, or BadRequest for what cannot be read
    static LogOptions options(Exchange exchange, String pod) {
        var sinceTime = exchange.parameter("sinceTime");
        var options =
                new LogOptions(
                        exchange.parameter("container"),
                        Handler.flag(exchange, "follow"),
                        Handler.flag(exchange, "previous"),
                        Handler.flag(exchange, "timestamps"),
                        Handler.number(exchange, "tailLines"),
                        Handler.number(exchange, "limitBytes"),
                        Handler.number(exchange, "sinceSeconds"),
                        sinceTime.isEmpty() ? null : sinceTime);
        checkTime(sinceTime);
        var problems = new Problems();
        atLeast(problems.at("tailLines"), options.tailLines(), 0);
        atLeast(problems.at("limitBytes"), options.limitBytes(), 1);
        if (options.sinceSeconds() != null && !sinceTime.isEmpty()) {
            problems.at("[]")
                    .forbidden("at most one of `sinceTime` or `sinceSeconds` may be specified");
        } else atLeast(problems.at("sinceSeconds"), options.sinceSeconds(), 1);
        if (!exchange.query("stream").isEmpty()) {
            problems.at("stream").forbidden("may not be specified");
        }
        if (problems.isEmpty()) return options;
        throw problems.invalid("PodLogOptions", "", pod);
    }

    private static void atLeast(Problems at, @Nullable Long value, int least) {
        if (value == null || value >= least) return;
        at.invalid(
                value,
                least == 0 ? "must be greater than or equal to 0" : "must be greater than 0");
    }

    private static void checkTime(String text) {
        if (text.isEmpty()) return;
        try {
            var _ = OffsetDateTime.parse(text);
        } catch (DateTimeException _) {
            throw ApiException.badRequest(
                    "parsing time \"%s\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"%s\" as"
                                    .formatted(text, text)
                            + " \"2006\"");
        }
    }
}
