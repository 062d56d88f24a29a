using System.Collections.Immutable;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.InMemoryStore;
using Runner.Persistence.Sqlite;

namespace Runner.Persistence.Tests;

/// <summary>Whatever is done to both, a store on a disk and one in memory answer alike and hold alike.</summary>
public sealed class StoreModelTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("model");
    private int _databases;

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Random_commits_have_the_same_results_and_leave_the_same_contents()
    {
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(60).WithStartSize(20).WithEndSize(900),
            Prop.ForAll<byte[]>(choices => AreAlikeAsync(new RandomCommits(choices ?? [])).GetAwaiter().GetResult()));
    }

    private async Task AreAlikeAsync(RandomCommits commits)
    {
        string path = Path.Combine(_directory.FullName, $"{_databases++}.db");
        // Groups of at most 5, so that their edges fall into the sequence as well.
        await using SqliteEntityStore sqlite = await SqliteEntityStore.OpenAsync(
            new SqliteStoreOptions(path) { LargestGroup = 5 }, SampleTables.All, Serilog.Core.Logger.None);
        await AreAlikeAsync(commits, sqlite);
    }

    internal static async Task AreAlikeAsync(RandomCommits commits, IEntityStore store)
    {
        await using InMemoryEntityStore memory = new(SampleTables.All);
        while (!commits.AtEnd)
        {
            List<string> expected = [];
            List<Task<CommitResult>> actual = [];
            for (int i = commits.Choose(12); i >= 0; i--)
            {
                EntityCommit commit = await commits.NextAsync(memory);
                expected.Add(Describe(await memory.CommitAsync(commit)));
                actual.Add(store.CommitAsync(commit));
            }

            Assert.Equal(expected, (await Task.WhenAll(actual)).Select(Describe));
        }

        Assert.Equal(await ContentsAsync(memory), await ContentsAsync(store));
    }

    private static string Describe(CommitResult result) =>
        result is CommitResult.Committed committed ? $"Committed {string.Join(' ', committed.Skipped)}" : $"{result}";

    private static async Task<string> ContentsAsync(IEntityStore store)
    {
        StringBuilder text = new();
        foreach (EntityKey entity in RandomCommits.Entities)
        {
            EntityHistory history = await store.LoadAsync(entity);
            text.AppendLine($"{entity} {history.LastSequence} {history.Snapshot?.Sequence} "
                + $"[{string.Join(' ', history.Events.Select(e => $"{e.Sequence}@{e.At:O}"))}]");
            text.AppendLine(string.Join(' ', (await store.EventsAsync(entity, 2, 3)).Select(e => e.Sequence)));
        }

        text.AppendLine(string.Join(' ', await store.SlotsAsync()));
        ImmutableArray<WakeUp> wakeUps = await store.WakeUpsAsync(RandomCommits.Start.AddMilliseconds(5), null, 3);
        text.AppendLine(string.Join(' ', wakeUps));
        text.AppendLine(string.Join(' ', await store.WakeUpsAsync(DateTimeOffset.MaxValue, wakeUps.IsEmpty ? null : wakeUps[^1], 100)));
        for (int slice = 0; slice < EntitySlices.Count; slice++)
        {
            text.AppendLine(string.Join(' ', await store.WakeUpsAsync(DateTimeOffset.MaxValue, wakeUps.IsEmpty ? null : wakeUps[0], 2, slice)));
        }

        foreach (RowQuery query in RandomCommits.Queries)
        {
            text.AppendLine($"{query.Where} {string.Join(", ", query.OrderBy)}: {string.Join(' ', await RowPages.KeysAsync(store, query))}");
            RowPosition? third = await store.PlaceAsync(query, 2);
            text.AppendLine($"third {third?.Key} {string.Join('|', third?.Values ?? [])}");
        }

        foreach (Row row in await store.RowsAsync(new RowQuery("runs", [], [], 1_000)))
        {
            text.AppendLine(
                $"{row.Key} {string.Join('|', row.Values.Select(value => value is ImmutableArray<string> set ? string.Join(',', set) : value))}");
        }

        return text.ToString();
    }
}
