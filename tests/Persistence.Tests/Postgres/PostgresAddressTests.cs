using Npgsql;
using Runner.Entities.Store;
using Runner.Persistence.Postgres;
using Runner.Tests;

namespace Runner.Persistence.Tests.Postgres;

[Collection(PostgresTests.Name)]
public sealed class PostgresAddressTests(SharedPostgres shared)
{
    [Theory]
    [InlineData("Host=db.example;Port=5433;Database=jobs;Username=ann;Password=hush", "the PostgreSQL database «jobs» on db.example:5433", "ann")]
    [InlineData("postgresql://ann:hush@db.example:5433/jobs?sslmode=Require", "the PostgreSQL database «jobs» on db.example:5433", "ann")]
    [InlineData("postgres://ann:hush@db.example/a%20b", "the PostgreSQL database «a b» on db.example:5432", "ann")]
    [InlineData("Host=/run/postgresql;Username=ann;Password=hush", "the PostgreSQL database «ann» on /run/postgresql", "ann")]
    public void A_database_is_named_without_its_password(string connection, string name, string user)
    {
        PostgresStoreOptions options = new(connection) { Password = "hush" };
        PostgresAddress address = new(options);
        Assert.Equal((name, user), (address.ToString(), address.User));
        Assert.Equal($"PostgresStoreOptions of {name}", options.ToString());
    }

    [Theory]
    [InlineData("Host=db;Password=hu;sh=1")]
    [InlineData("hush")]
    [InlineData("postgresql://ann:hush@db:port/x")]
    [InlineData("postgresql://ann:hush@db/x?hush=1")]
    [InlineData("Database=jobs;Password=hush")]
    public void A_connection_that_cannot_be_read_is_refused_without_saying_what_it_holds(string connection)
    {
        ArgumentException refused = Assert.ThrowsAny<ArgumentException>(() => new PostgresAddress(new PostgresStoreOptions(connection)));
        Assert.DoesNotContain("hush", refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sh=", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=db.example;Username=ann", GssEncryptionMode.Disable)]
    [InlineData("Host=db.example;Username=ann;GSS Encryption Mode=Prefer", GssEncryptionMode.Prefer)]
    [InlineData("Host=db.example;Username=ann;GssEncryptionMode=Require", GssEncryptionMode.Require)]
    public void A_name_server_is_asked_about_the_host_only_for_who_wants_Kerberos(string connection, GssEncryptionMode expected)
    {
        using NpgsqlDataSource source = new PostgresAddress(new PostgresStoreOptions(connection)).Locks(TimeSpan.FromSeconds(2));
        Assert.Equal(expected, new NpgsqlConnectionStringBuilder(source.ConnectionString).GssEncryptionMode);
    }

    [Fact]
    public async Task A_wrong_password_and_a_missing_database_are_said()
    {
        const string wrong = "a-wrong-secret";
        StoreUnavailableException refused = await RefusedAsync(new PostgresStoreOptions(shared.Server.Connection("postgres", wrong)));
        Assert.Contains("does not let the user «runner» in: see the user's name and password", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(wrong, refused.ToString(), StringComparison.Ordinal);
        StoreUnavailableException missing = await RefusedAsync(
            new PostgresStoreOptions(shared.Server.Connection("nowhere", "")) { Password = PostgresServer.Password });
        Assert.StartsWith(
            $"There is no database «nowhere» on 127.0.0.1:{shared.Server.Port}: create it with «createdb nowhere»", missing.Message,
            StringComparison.Ordinal);
        StoreUnavailableException host = await RefusedAsync(new PostgresStoreOptions("Host=no-such-host.invalid;Username=ann;Password=hush"));
        Assert.Contains("on no-such-host.invalid:5432 cannot be found", host.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_is_full_and_nothing_else_is()
    {
        PostgresAddress address = new(new PostgresStoreOptions("Host=db.example;Database=jobs;Username=ann"));
        PostgresException full = new("could not extend file: No space left on device", "ERROR", "ERROR", PostgresErrorCodes.DiskFull);
        Assert.StartsWith(
            "The disk of the PostgreSQL database «jobs» on db.example:5432 is full: make room.",
            Assert.IsType<StoreFullException>(PostgresErrors.Translate(full, address)).Message, StringComparison.Ordinal);
        Assert.IsType<StoreUnavailableException>(
            PostgresErrors.Translate(new PostgresException("lock timeout", "ERROR", "ERROR", PostgresErrorCodes.LockNotAvailable), address));
        Assert.IsType<StoreUnavailableException>(PostgresErrors.Translate(new TimeoutException(), address));
    }

    private static Task<StoreUnavailableException> RefusedAsync(PostgresStoreOptions options) =>
        Assert.ThrowsAsync<StoreUnavailableException>(() => PostgresEntityStore.OpenAsync(options, SampleTables.All, Serilog.Core.Logger.None));
}
