package dev.ordinal.kinds.cel;

import dev.cel.common.ast.CelExpr;
import dev.cel.runtime.CelEvaluationListener;

import java.util.Collection;
import java.util.Map;

/// What evaluations may still cost. Every step costs one; a text a tenth of its length, a list or a
/// map a thousandth of its size more, since somebody may walk through it.
///
/// @see "upstream: apiserver/pkg/apis/cel/config.go for the limits"
public final class Budget {
    static final long CALL_MAX = 1_000_000;
    private static final long OBJECT_MAX = 10_000_000;
    private static final int LIST_COST = 10;
    private static final int MAP_COST = 30;

    private long left = OBJECT_MAX;

    /// All rules together have cost too much.
    public boolean isSpent() {
        return left <= 0;
    }

    Call call() {
        return new Call();
    }

    /// One evaluation.
    final class Call implements CelEvaluationListener {
        private long cost;

        @Override
        public void callback(CelExpr step, Object result) {
            cost += 1 + made(step) + held(result);
            if (isTooMuch()) throw new TooExpensive();
        }

        boolean isTooMuch() {
            return cost > CALL_MAX;
        }

        void end() {
            left -= cost;
        }

        private static long made(CelExpr step) {
            return switch (step.getKind()) {
                case LIST -> LIST_COST;
                case MAP -> MAP_COST;
                default -> 0;
            };
        }

        private static long held(Object result) {
            return switch (result) {
                case String text -> text.length() / 10;
                case Collection<?> items -> items.size() / 1000;
                case Map<?, ?> entries when !(entries instanceof ObjectView) ->
                        entries.size() / 1000;
                default -> 0;
            };
        }
    }

    /// Ends an evaluation.
    static final class TooExpensive extends RuntimeException {
        private static final long serialVersionUID = 1;

        TooExpensive() {
            super("operation cancelled: actual cost limit exceeded", null, false, false);
        }
    }
}
