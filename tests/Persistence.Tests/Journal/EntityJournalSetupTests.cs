using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Runner.Entities;
using Runner.InMemoryStore;
using Runner.Persistence.Journal;
using Runner.Persistence.Sqlite;

namespace Runner.Persistence.Tests.Journal;

/// <summary>How a system comes by its journal, and what lies in it is called.</summary>
public sealed class EntityJournalSetupTests
{
    private static EntityStoreSetup Store => new(new InMemoryEntityStore(SampleTables.All), new TextCodec());

    [Fact]
    public async Task A_hosted_system_gets_it_from_an_extension()
    {
        await using var services = new ServiceCollection().AddAkka("hosted", akka => akka.AddEntityJournal(Store)).BuildServiceProvider();
        var system = services.GetRequiredService<ActorSystem>();
        Assert.Equal("akka.persistence.journal.sql", Akka.Persistence.Persistence.Instance.Apply(system).JournalFor("").Path.Name);
        Assert.Equal(
            "Runner.Persistence.Journal.EntityJournal, Runner.Persistence", system.Settings.Config.GetString("akka.persistence.journal.sql.class"));
        Assert.Equal("off", system.Settings.Config.GetString("akka.persistence.journal.sql.replay-filter.mode"));
        await system.Terminate();
    }

    [Fact]
    public void A_system_without_a_store_is_not_made()
    {
        var error = Assert.ThrowsAny<Exception>(
            () => ActorSystem.Create("without", BootstrapSetup.Create().WithConfig(EntityJournalSetup.StoreConfig())));
        Assert.Contains("has no EntityStoreSetup", Assert.IsType<ConfigurationException>(error.GetBaseException()).Message);
    }

    [Fact]
    public async Task Events_and_snapshots_are_read_by_their_manifests()
    {
        using var system = ActorSystem.Create(
            "serializing", ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(EntityJournalSetup.Config()), Store));
        Assert.Equal(DatabaseSchema.EventSerializer, EventSerializer.Id);
        Assert.Equal("one", system.Serialization.Deserialize("one"u8.ToArray(), EventSerializer.Id, "sample.noted/1"));
        var snapshot = Assert.IsType<JournaledSnapshot>(
            system.Serialization.Deserialize("s"u8.ToArray(), EventSerializer.Id, EventSerializer.SnapshotManifest("Sample", 12)));
        Assert.Equal((12, "s"), (snapshot.Version, Encoding.UTF8.GetString(snapshot.Payload.Span)));

        var serializer = new EventSerializer((ExtendedActorSystem)system);
        Assert.Equal("sample.noted/1", serializer.Manifest("text"));
        Assert.Equal("text"u8.ToArray(), serializer.ToBinary("text"));
        foreach (var foreign in new[] { "", "/1", "sample.noted", "sample.noted/", "sample.noted/x", "sample.noted/-1" })
        {
            Assert.Throws<SerializationException>(() => serializer.FromBinary([], foreign));
        }

        await system.Terminate();
    }
}
