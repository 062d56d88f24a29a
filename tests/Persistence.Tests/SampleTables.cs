using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Persistence.Tests;

/// <summary>A table with a column and an index of each sort.</summary>
internal static class SampleTables
{
    public static ImmutableArray<TableDefinition> All { get; } =
    [
        new TableDefinition(
            "runs",
            [new("state", ColumnType.Text), new("due", ColumnType.Integer), new("name", ColumnType.Text), new("tags", ColumnType.TextSet)],
            [["state", "due"], ["due"], ["name", "due"], ["name", "state", "due"]])
        {
            SetOrder = ["state", "due"],
        },
        new TableDefinition("notes", [new("text", ColumnType.Text)], []),
    ];

    public static RowChange Put(string key, string? state, long? due, string? name = null, params string[] tags) =>
        RowChange.Put("runs", key, state, due, name, tags.ToImmutableArray());
}
