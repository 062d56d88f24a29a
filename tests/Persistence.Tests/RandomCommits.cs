using System.Collections.Immutable;
using Runner.Entities.Store;

namespace Runner.Persistence.Tests;

/// <summary>Reads choices as commits to few entities, slots and rows, most of which fit the state they meet.</summary>
internal sealed class RandomCommits(byte[] choices)
{
    private static readonly string?[] Texts = [null, "", "Late", "Pending", "Ü😀", "\uFF5E"];
    private static readonly string[] Tags = ["red", "blue", "\"quoted\\\"", "größer"];

    private int _next;

    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static ImmutableArray<EntityKey> Entities { get; } =
        [new("FlowRun", "a"), new("FlowRun", "b"), new("FlowRun", "c"), new("Deployment", "a"), new("Deployment", "ü"), new("Limit", "x y")];

    public static ImmutableArray<RowQuery> Queries { get; } =
    [
        .. from filters in (ImmutableArray<RowFilter>[])
            [
                [],
                [new("state", RowOperator.Equal, "Late")],
                [new("state", RowOperator.In, ImmutableArray.Create("Late", "", "Ü😀"))],
                [new("state", RowOperator.In, ImmutableArray.Create("Late", "Pending", "Late")), new("due", RowOperator.AtLeast, 2L)],
                [new("state", RowOperator.In, ImmutableArray.Create("Late", "Pending")), new("name", RowOperator.Equal, "")],
                [new("name", RowOperator.In, ImmutableArray.Create("Late", "")), new("state", RowOperator.In, ImmutableArray.Create("Late", ""))],
                [new("state", RowOperator.In, ImmutableArray<string>.Empty)],
                [new("tags", RowOperator.Contains, "red"), new("state", RowOperator.In, ImmutableArray.Create("Pending", "Late", "Ü😀"))],
                [new("name", RowOperator.Equal, "Late"), new("state", RowOperator.In, ImmutableArray.Create("Pending", "Late"))],
                [new("tags", RowOperator.Contains, "red"), new("name", RowOperator.In, ImmutableArray.Create("Late", ""))],
                [new("due", RowOperator.AtLeast, 2L), new("due", RowOperator.Less, 7L)],
                [new("tags", RowOperator.Contains, "red")],
                [new("tags", RowOperator.Contains, Tags[2]), new("due", RowOperator.AtLeast, 1L), new("state", RowOperator.Equal, "Pending")],
                [new("state", RowOperator.Equal, "Late"), new("due", RowOperator.Equal, 3L)],
            ]
           from order in (ImmutableArray<RowOrder>[])
            [
                [],
                [new("due")],
                [new("due", true)],
                [new("state"), new("due")],
                [new("state", true), new("due", true)],
                [new("name"), new("due", true)],
                [new("name", true), new("state"), new("due")],
            ]
           select new RowQuery("runs", filters, order, 3),
    ];

    public bool AtEnd => _next >= choices.Length;

    public int Choose(int below) => AtEnd ? 0 : choices[_next++] % below;

    public async Task<EntityCommit> NextAsync(IEntityStore known)
    {
        int first = Choose(Entities.Length);
        List<EntityWrite> writes = [];
        for (int i = Choose(8) switch { 0 => 2, 1 or 2 => 1, _ => 0 }; i >= 0; i--)
        {
            EntityKey entity = Entities[(first + i) % Entities.Length];
            writes.Add(Write(entity, (await known.LoadAsync(entity)).LastSequence));
        }

        return new EntityCommit([.. writes]);
    }

    private EntityWrite Write(EntityKey entity, long last)
    {
        if (Choose(7) == 0)
        {
            return EntityWrite.Erase(entity, Choose(5) == 0 ? Choose(3) : last, [.. Enumerable.Range(0, Choose(3)).Select(_ => Row())]) with
            {
                Slots = [.. Enumerable.Range(0, Choose(2)).Select(_ => new SlotChange("limit", Choose(3), false))],
            };
        }

        bool create = Choose(6) == 0;
        long expected = create ? 0 : Choose(10) == 0 ? Choose(3) : last;
        int events = Choose(4) + (create ? 1 : 0);
        long end = expected + events;
        return new EntityWrite(entity, expected, [.. Enumerable.Range(1, events).Select(i => Event(expected + i))])
        {
            Precondition = create ? WritePrecondition.CreateIfAbsent : WritePrecondition.MustMatch,
            Snapshot = end > 0 && Choose(6) == 0 ? new StoredSnapshot(end - Choose((int)Math.Min(end, 3)), 1, new byte[] { 0x7b, 0x7d }) : null,
            WakeUp = Choose(4) switch { 0 => new WakeUpChange(null), 1 => new WakeUpChange(Start.AddTicks(Choose(100) * 1_000L)), _ => null },
            Slots = [.. Enumerable.Range(0, Choose(3)).Select(_ => new SlotChange("limit", Choose(3), Choose(3) != 0))],
            Rows = [.. Enumerable.Range(0, Choose(4)).Select(_ => Row())],
        };
    }

    private StoredEvent Event(long sequence) => new(sequence, "changed", 1, Start.AddTicks(Choose(200)), new byte[] { 0x31 });

    private RowChange Row()
    {
        string key = $"k{Choose(12)}";
        return Choose(5) == 0
            ? RowChange.Delete("runs", key)
            : RowChange.Put("runs", key, Texts[Choose(Texts.Length)], Choose(3) == 0 ? null : (long)Choose(9), Texts[Choose(3)], TagSet());
    }

    private object? TagSet()
    {
        int mask = Choose(17);
        return mask == 16 ? null : ImmutableArray.CreateRange(Tags.Where((_, i) => (mask & 1 << i) != 0));
    }
}
