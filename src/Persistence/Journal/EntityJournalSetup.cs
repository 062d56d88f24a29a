using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using LinqToDB;
using Microsoft.Data.Sqlite;
using Runner.Entities;

namespace Runner.Persistence.Journal;

/// <summary>
/// What an actor system needs so that its entities persist to a store: a configuration and an <see cref="EntityStoreSetup"/>; and, if
/// somebody is to read through Akka.Persistence.Query, one of the query side's setups.
/// </summary>
public static class EntityJournalSetup
{
    /// <summary>The journal's settings with their reasons, in Akka's form.</summary>
    public static string Text { get; } = Resource("journal.conf");

    /// <summary>The configuration of a node: <see cref="EntityJournal"/> over the defaults of its package.</summary>
    public static Config Config() => ConfigurationFactory.ParseString(Text).WithFallback(SqlPersistence.DefaultConfiguration);

    /// <summary>The configuration with a <see cref="StoreJournal"/>, for simulations and tests.</summary>
    public static Config StoreConfig() =>
        ConfigurationFactory.ParseString(Resource("store-journal.conf")).WithFallback(ConfigurationFactory.ParseString(Text));

    /// <summary>For tests: has every message serialized, but for what Akka's journal tells itself. To be laid over one of the above.</summary>
    public static Config SerializeMessagesConfig() => ConfigurationFactory.ParseString("""
        akka.actor {
          serialize-messages = on
          serializers.runner-reference = "Runner.Persistence.Journal.ReferenceSerializer, Runner.Persistence"
          serialization-identifiers."Runner.Persistence.Journal.ReferenceSerializer, Runner.Persistence" = 12702
          serialization-bindings."Akka.Persistence.Journal.AsyncWriteJournal+Desequenced, Akka.Persistence" = runner-reference
        }
        """);

    /// <summary>Lets Akka.Persistence.Query read the SQLite database at a path.</summary>
    public static Setup SqliteQueries(string path) => Queries(
        ProviderName.SQLiteMS, new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly }.ToString());

    /// <summary>
    /// What SQLite needs besides: its reads take the write lock unless they are said to be uncommitted ones, which with a write-ahead log see
    /// what was committed when they began. To be laid over <see cref="Config"/>.
    /// </summary>
    public static Config SqliteQueryConfig() => ConfigurationFactory.ParseString("""
        akka.persistence.journal.sql.read-isolation-level = read-uncommitted
        akka.persistence.snapshot-store.sql.read-isolation-level = read-uncommitted
        akka.persistence.query.journal.sql.read-isolation-level = read-uncommitted
        """);

    /// <summary>Lets Akka.Persistence.Query read a PostgreSQL database.</summary>
    public static Setup PostgresQueries(string connectionString) => Queries(ProviderName.PostgreSQL15, connectionString);

    /// <summary>Gives a hosted actor system its journal.</summary>
    /// <param name="config">What is to lie over <see cref="Config"/>, e.g. <see cref="SqliteQueryConfig"/>.</param>
    /// <param name="queries"><see cref="SqliteQueries"/> or <see cref="PostgresQueries"/>; null if nobody reads through
    /// Akka.Persistence.Query.</param>
    public static AkkaConfigurationBuilder AddEntityJournal(
        this AkkaConfigurationBuilder builder, EntityStoreSetup store, Config? config = null, Setup? queries = null)
    {
        builder.AddHocon(config is null ? Config() : config.WithFallback(Config()), HoconAddMode.Append).AddSetup(store);
        return queries is null ? builder : builder.AddSetup(queries);
    }

    // The package asks for the provider's name, which the other ways to make these options leave out.
    private static DataOptionsSetup Queries(string provider, string connectionString) =>
        new(new DataOptions().UseConnectionString(provider, connectionString));

    private static string Resource(string name)
    {
        using var stream = typeof(EntityJournalSetup).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program was built without its resource {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
