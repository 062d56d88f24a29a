using Runner.Entities;
using Runner.Entities.Store;

namespace Runner.Persistence.Tests.Journal;

public abstract partial class JournalConformance
{
    [Fact]
    public async Task Of_two_incarnations_one_writes_and_the_other_recovers_and_goes_on()
    {
        var (left, right) = (Start(), Start());
        var winner = await left.RecoverAsync("a");
        var loser = await right.RecoverAsync("a");
        var innocent = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? left : right).RecoverAsync($"innocent-{i}")));

        // All of them lie at the store when it is let go, so they become one group.
        Store.Hold();
        winner.Tell(new Note("winner's"));
        await Store.HeldAsync(1);
        loser.Tell(new Note("loser's"));
        foreach (var one in innocent)
        {
            one.Tell(new Note("innocent"));
        }

        await Store.HeldAsync(22);
        Store.LetGo();

        Assert.Equal(1, (await winner.HearAsync<Told.Written>()).Sequence);
        var refused = Assert.IsType<CommitRefusedException>((await loser.HearAsync<Told.Refused>()).Cause);
        Assert.Equal(new CommitResult.SequenceConflict(Key("a"), 1), refused.Result);
        await loser.GoneAsync();
        foreach (var one in innocent)
        {
            Assert.Equal(1, (await one.HearAsync<Told.Written>()).Sequence);
        }

        var again = await right.RecoverAsync("a");
        Assert.Equal(["winner's"], again.Recovered.Texts);
        Assert.Equal(2, (await again.WriteAsync("loser's, decided again")).Sequence);
        Assert.IsType<CommitRefusedException>(await winner.RefusedAsync(new Note("too late")));
        Assert.Equal(["winner's", "loser's, decided again"], await TextsAsync("a"));
    }

    [Fact]
    public async Task However_two_incarnations_race_each_number_is_written_once()
    {
        Node[] nodes = [Start(), Start()];
        var written = await Task.WhenAll(nodes.Select((node, name) => RaceAsync(node, name, 40)));

        var texts = await TextsAsync("a");
        Assert.Equal(80, texts.Length);
        Assert.Equal(texts, written.SelectMany(own => own).OrderBy(own => own.Sequence).Select(own => own.Text));
        Assert.Equal(Enumerable.Range(1, 80), written.SelectMany(own => own).Select(own => (int)own.Sequence).Order());
    }

    [Fact]
    public async Task A_writer_that_goes_on_after_a_refused_write_leaves_no_gap()
    {
        var (left, right) = (Start(), Start());
        var winner = await left.RecoverAsync("a");
        var loser = await right.RecoverAsync("a", lives: true);
        await winner.WriteAsync("one");
        Assert.IsType<CommitRefusedException>(await loser.RefusedAsync(new Note("refused")));

        // It has counted what it never wrote. Its commit says what it believes to be true, or what it counts: neither is written.
        var behind = await loser.RefusedAsync(new Note("behind") { Commit = own => Moved(own, 0) });
        Assert.Contains("recovering first", Assert.IsType<NotSupportedException>(behind).Message);
        Assert.IsType<CommitRefusedException>(await loser.RefusedAsync(
            new Note("ahead") { Commit = own => own.ExpectedSequence == 2 ? new EntityCommit([own]) : throw new InvalidOperationException() }));
        Assert.Equal(["one"], await TextsAsync("a"));
        Assert.Equal(2, (await winner.WriteAsync("two")).Sequence);
    }

    [Fact]
    public async Task A_slot_that_another_holds_refuses_the_write()
    {
        var node = Start();
        var holder = await node.RecoverAsync("holder");
        Note taking = new("takes") { Commit = own => new EntityCommit([own with { Slots = [new SlotChange("limit", 0, Take: true)] }]) };
        holder.Tell(taking);
        await holder.HearAsync<Told.Written>();

        var other = await node.RecoverAsync("other");
        var refused = Assert.IsType<CommitRefusedException>(await other.RefusedAsync(taking));
        Assert.Equal(new CommitResult.SlotConflict("limit", 0, Key("holder")), refused.Result);
        await other.GoneAsync();
    }

    [Fact]
    public async Task An_entity_that_exists_is_left_out_and_the_writer_hears_of_it()
    {
        var node = Start();
        var creator = await node.RecoverAsync("creator");
        Note creating = new("creates")
        {
            Commit = own => new EntityCommit([own, .. new[] { "x", "y" }.Select(id => StoreConformance.Write("unused", 0) with
            {
                Entity = Key(id),
                Events = [new StoredEvent(1, "sample.noted", 1, SampleEntity.At, "created"u8.ToArray())],
                Precondition = WritePrecondition.CreateIfAbsent,
            })]),
        };
        await (await node.RecoverAsync("x")).WriteAsync("was here");
        creator.Tell(creating);

        Assert.Equal(Key("x"), Assert.Single((await creator.HearAsync<Told.Written>()).Outcome!.Skipped));
        Assert.Equal(["was here"], await TextsAsync("x"));
        Assert.Equal(["created"], (await node.RecoverAsync("y")).Recovered.Texts);
    }

    private static EntityCommit Moved(EntityWrite own, long expected) =>
        new([own with { ExpectedSequence = expected, Events = [.. own.Events.Select((e, i) => e with { Sequence = expected + i + 1 })] }]);

    private static async Task<List<(long Sequence, string Text)>> RaceAsync(Node node, int name, int writes)
    {
        List<(long, string)> written = [];
        Incarnation? entity = null;
        while (written.Count < writes)
        {
            entity ??= await node.RecoverAsync("a");
            var text = $"{name}-{written.Count}";
            entity.Tell(new Note(text));
            switch (await entity.HearAsync<Told>())
            {
                case Told.Written { Sequence: var sequence }:
                    written.Add((sequence, text));
                    break;
                case Told.Refused { Cause: CommitRefusedException }:
                    await entity.GoneAsync();
                    entity = null;
                    break;
                case var other:
                    throw new InvalidOperationException($"unexpected: {other}");
            }
        }

        return written;
    }
}
