using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Actors;

/// <summary>The rows that lists, pages and the limiter read. Times are Unix milliseconds, truth values 0 and 1.</summary>
public static class Tables
{
    /// <summary>One row for each run.</summary>
    public static TableDefinition Runs { get; } = new(
        "runs",
        [
            new("deployment", ColumnType.Text), new("state_name", ColumnType.Text), new("state_type", ColumnType.Text),
            new("state_at", ColumnType.Integer), new("state_message", ColumnType.Text), new("due", ColumnType.Integer),
            new("created", ColumnType.Integer), new("started", ColumnType.Integer), new("ended", ColumnType.Integer),
            new("attempt", ColumnType.Integer), new("priority", ColumnType.Integer), new("exit_code", ColumnType.Integer),
            new("schedule", ColumnType.Text), new("waiting_for", ColumnType.Text), new("tags", ColumnType.TextSet),
            new("name", ColumnType.Text),
        ],
        [["created"], ["state_name", "created"], ["deployment", "state_name", "created"]])
    {
        // What lists may filter by is what these begin with, and no list reads more than its page from each (Nodes/Listings).
        SetOrder = ["state_name", "created"],
    };

    /// <summary>
    /// What runs are found by beside: their names and the values of their parameters. Only of runs that have some, and never changed.
    /// </summary>
    public static TableDefinition RunWords { get; } = new("run_words", [new("created", ColumnType.Integer), new("words", ColumnType.TextSet)], [])
    {
        SetOrder = ["created"],
    };

    /// <summary>The runs that have not ended, by deployment: what a deletion cancels.</summary>
    public static TableDefinition OpenRuns { get; } = new("open_runs", [new("deployment", ColumnType.Text)], [["deployment"]]);

    /// <summary>The limiter's queues: one row for each run that waits, under the limit it waits for, in the order of service.</summary>
    public static TableDefinition Waiters { get; } = new(
        "waiters",
        [
            new("waiting_for", ColumnType.Text), new("urgency", ColumnType.Integer), new("ready", ColumnType.Integer),
            new("limits", ColumnType.Text),
        ],
        [["waiting_for", "urgency", "ready"]]);

    /// <summary>The size of every limit that has one.</summary>
    public static TableDefinition Limits { get; } = new("limits", [new("size", ColumnType.Integer)], []);

    /// <summary>The rules of the deployments that have one of their own about which ended runs to keep; the time in ticks of 100 ns.</summary>
    public static TableDefinition Retention { get; } = new(
        "retention", [new("keep_for", ColumnType.Integer), new("keep_runs", ColumnType.Integer)], []);

    /// <summary>One row for each deployment.</summary>
    public static TableDefinition Deployments { get; } = new(
        "deployments",
        [
            new("description", ColumnType.Text), new("version", ColumnType.Text), new("paused", ColumnType.Integer),
            new("next_run", ColumnType.Integer), new("updated", ColumnType.Integer), new("tags", ColumnType.TextSet),
        ],
        []);

    /// <summary>All of them: what a store is opened with.</summary>
    public static ImmutableArray<TableDefinition> All { get; } = [Runs, RunWords, OpenRuns, Waiters, Limits, Retention, Deployments];
}
