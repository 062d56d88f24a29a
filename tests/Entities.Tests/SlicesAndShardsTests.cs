using Runner.Entities.Store;

namespace Runner.Entities.Tests;

/// <summary>
/// Which slice and which shard an entity belongs to lies in rows and is agreed on by all nodes of a cluster: the values here are final.
/// </summary>
public sealed class SlicesAndShardsTests
{
    [Fact]
    public void The_numbers_of_slices_and_shards_are_as_they_were()
    {
        Assert.Equal(16, EntitySlices.Count);
        Assert.Equal(64, EntityExtractor.Shards);
    }

    // FNV-1a, 32 bits, over UTF-8; "a", "foobar" and "" are among its published vectors: e40c292c, bf9cf968, 811c9dc5.
    [Theory]
    [InlineData("", 5)]
    [InlineData("a", 0x2c)]
    [InlineData("foobar", 0x28)]
    [InlineData("0195a0c4-7b1e-7e5c-8f43-9f6f0c1d2e3a", 8)]
    [InlineData("nightly-report", 11)]
    [InlineData("größe/日本", 47)]
    public void Shards_of_entities(string id, int shard) =>
        Assert.Equal($"{shard}", EntityExtractor.Instance.ShardId(id));

    [Theory]
    [InlineData("FlowRun", "0195a0c4-7b1e-7e5c-8f43-9f6f0c1d2e3a", 6)]
    [InlineData("Deployment", "nightly-report", 5)]
    [InlineData("Deployment", "größe/日本", 13)]
    [InlineData("Limiter", "limiter", 12)]
    public void Slices_of_entities(string kind, string id, int slice) => Assert.Equal(slice, EntitySlices.Of(new EntityKey(kind, id)));

    [Fact]
    public void An_id_of_any_length_has_both()
    {
        // Longer in UTF-8 than what is kept on the stack.
        var id = new string('ß', 512);
        Assert.Equal($"5", EntityExtractor.Instance.ShardId(id));
        Assert.Equal(15, EntitySlices.Of(new EntityKey("FlowRun", id)));
    }

    [Fact]
    public void Entities_are_spread_evenly()
    {
        var ids = Enumerable.Range(0, 64_000).Select(i => $"deployment-{i}").ToArray();
        Assert.All(ids.CountBy(id => EntityExtractor.Instance.ShardId(id)), shard => Assert.InRange(shard.Value, 800, 1_200));
        Assert.All(ids.CountBy(id => EntitySlices.Of(new EntityKey("Deployment", id))), slice => Assert.InRange(slice.Value, 3_600, 4_400));
    }

    [Fact]
    public void The_extractor_takes_messages_out_of_their_envelopes_and_lets_others_be()
    {
        var message = new EntityMessage(new EntityKey("FlowRun", "a"), WakeUpNow.Instance);
        var extractor = EntityExtractor.Instance;
        Assert.Equal("a", extractor.EntityId(message));
        Assert.Same(WakeUpNow.Instance, extractor.EntityMessage(message));
        Assert.Same(WakeUpNow.Instance, extractor.EntityMessage(WakeUpNow.Instance));
        Assert.Null(extractor.EntityId(WakeUpNow.Instance));
        Assert.Equal(extractor.ShardId("a"), extractor.ShardId(message));
    }
}
