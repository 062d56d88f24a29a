using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests;

/// <summary>A row that is put is read as it was.</summary>
public sealed class RowTests
{
    private static readonly Guid Run = new("00000000-0000-8000-8000-000000000001");
    private static readonly DateTimeOffset At = new(2026, 5, 1, 12, 0, 0, 1, TimeSpan.Zero);

    private readonly HashSet<string> _seen = [];

    [Fact]
    public void Comes_back_as_it_was()
    {
        var run = new RunRow(
            Run, "flow/d", new RunState(StateType.Failed, StateNames.TimedOut, At, "why"), At.AddMinutes(1), At.AddMinutes(2), At.AddMinutes(3),
            At.AddMinutes(4), 2, -3, 4, "s", "db", ["a", "b"]);
        Same(run, Tables.Runs, run.Put(), RunRow.Of);
        var bare = new RunRow(
            Run, "flow/d", new RunState(StateType.Scheduled, StateNames.Scheduled, At), At, At, null, null, 0, 0, null, null, null, []);
        Same(bare, Tables.Runs, bare.Put(), RunRow.Of);
        var named = bare with { Name = "the one" };
        Same(named, Tables.Runs, named.Put(), RunRow.Of);
        var words = new RunWordsRow(Run, At, [RunWordsRow.OfName("the one"), RunWordsRow.OfParameter("day=monday")]);
        Same(words, Tables.RunWords, words.Put(), RunWordsRow.Of);
        var open = new OpenRunRow(Run, "flow/d");
        Same(open, Tables.OpenRuns, open.Put(), OpenRunRow.Of);
        var waiter = new WaiterRow(Run, "db", int.MinValue, At, ["deployment:flow/d", "db"]);
        Same(waiter, Tables.Waiters, waiter.Put(), WaiterRow.Of);
        var sized = waiter with { Own = 2 };
        Same(sized, Tables.Waiters, sized.Put(), WaiterRow.Of);
        var newest = sized with { CancelsRunning = true };
        Same(newest, Tables.Waiters, newest.Put(), WaiterRow.Of);
        var ending = new LimitRow("db", 3, Ending: true);
        Same(ending, Tables.Limits, ending.Put(), LimitRow.Of);
        var limit = new LimitRow("db", 3);
        Same(limit, Tables.Limits, limit.Put(), LimitRow.Of);
        var retention = new RetentionRow("flow/d", TimeSpan.FromTicks(1), null);
        Same(retention, Tables.Retention, RetentionRow.Change("flow/d", new RetentionSpec { KeepFor = TimeSpan.FromTicks(1) }), RetentionRow.Of);
        var deployment = new DeploymentRow("flow/d", "about", null, true, null, At, ["a"]);
        Same(deployment, Tables.Deployments, deployment.Put(), DeploymentRow.Of);
        Assert.Equal(Tables.All.Select(t => t.Name), Tables.All.Select(t => t.Name).Intersect(_seen));
    }

    [Fact]
    public void A_row_of_another_shape_is_said_by_its_table() =>
        Assert.Contains(
            "limits", Assert.Throws<InvalidOperationException>(() => LimitRow.Of(new Row("db", [1L, 2L]))).Message, StringComparison.Ordinal);

    private void Same<T>(T row, TableDefinition table, RowChange change, Func<Row, T> read)
    {
        _seen.Add(table.Name);
        Assert.Equal((table.Name, table.Columns.Length), (change.Table, change.Values!.Value.Length));
        for (var i = 0; i < table.Columns.Length; i++)
        {
            var type = table.Columns[i].Type switch
            {
                ColumnType.Text => typeof(string),
                ColumnType.Integer => typeof(long),
                ColumnType.TextSet => typeof(ImmutableArray<string>),
            };
            Assert.True(
                change.Values.Value[i] is not { } value || value.GetType() == type, $"{table.Columns[i].Name} of {table.Name} is no {type.Name}");
        }

        Wire.Same.Assert(row!, read(new Row(change.Key, change.Values.Value))!, table.Name);
    }
}
