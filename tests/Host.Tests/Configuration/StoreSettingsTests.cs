using Runner.Host.Configuration;

namespace Runner.Host.Tests.Configuration;

public sealed class StoreSettingsTests : IDisposable
{
    private const string Connection = "Host=db;Database=runner;Username=me";
    private readonly string _folder = Directory.CreateTempSubdirectory("runner-store-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_embedded_store_is_the_default()
    {
        var options = Read(new NodeFlags());
        Assert.Equal((StoreKind.Sqlite, null, null), (options.StoreKind, options.StoreConnection, options.StorePasswordFile));
    }

    [Fact]
    public void A_database_is_set_by_a_file_by_variables_or_by_flags()
    {
        Write("password", "pass;word\n");
        var file = Write("node.conf", $"runner.store {{ kind = postgresql, connection = \"{Connection}\", password-file = password }}");

        Assert.All(
            [
                Read(new NodeFlags { Config = file }),
                Read(
                    new NodeFlags(), ("RUNNER_STORE_KIND", "PostgreSQL"), ("RUNNER_STORE_CONNECTION", Connection),
                    ("RUNNER_STORE_PASSWORD_FILE", Path.Combine(_folder, "password"))),
                Read(new NodeFlags { [NodeSetting.StoreKind] = "postgresql", [NodeSetting.StoreConnection] = Connection, [
                    NodeSetting.StorePasswordFile] = Path.Combine(_folder, "password") }),
            ],
            options =>
            {
                Assert.Equal((StoreKind.PostgreSql, Connection, Path.Combine(_folder, "password")), (
                    options.StoreKind, options.StoreConnection?.Value, options.StorePasswordFile));
                Assert.Contains("password=\"pass;word\"", options.Store.WithPassword(), StringComparison.OrdinalIgnoreCase);
            });
    }

    [Theory]
    [InlineData("kind = mysql", "is no kind of store")]
    [InlineData("kind = postgresql", "has to be reached: set runner.store.connection")]
    [InlineData("kind = postgresql, connection = \"hunter2\"", "expected a connection")]
    [InlineData("kind = postgresql, connection = \"postgresql://me:hunter2@db/x\"", "expected a connection")]
    [InlineData("kind = postgresql, connection = \"Host=db\", password-file = nowhere", "there is no file")]
    [InlineData("kind = postgresql, connection = \"Host=db\", password-file = open", "chmod 600")]
    [InlineData("kind = postgresql, connection = \"Host=db\", password-file = empty", "on one line")]
    [InlineData("kind = postgresql, connection = \"Host=db\", password-file = \" \"", "expected a file")]
    [InlineData("kind = postgresql, connection = \"Host=db;Password=hunter2\", password-file = secret", "leave one of them out")]
    [InlineData("connection = \"Host=db\"", "is not connected to")]
    [InlineData("password-file = secret", "is not connected to")]
    public void What_is_wrong_is_said_without_the_secret(string text, string message)
    {
        Write("open", "hunter2", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Write("empty", "\n");
        Write("secret", "hunter2");
        var mistake = Assert.Single(Try(new NodeFlags { Config = Write("node.conf", $"\nrunner.store {{ {text} }}") }).Mistakes);

        Assert.Contains(message, mistake.Message, StringComparison.Ordinal);
        Assert.StartsWith(Path.Combine(_folder, "node.conf:2"), mistake.Origin, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", mistake.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_on_the_command_line_is_refused()
    {
        var mistake = Assert.Single(
            Try(new NodeFlags { [NodeSetting.StoreKind] = "postgresql", [NodeSetting.StoreConnection] = "Host=db;Pwd=hunter2" }).Mistakes);
        Assert.Equal("--store-connection", mistake.Origin);
        Assert.DoesNotContain("hunter2", mistake.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=db;Password=hunter2", "Host=db;Password=(hidden)")]
    [InlineData("password = \"hunter2;hunter2\" ;Host=db", "password = (hidden) ;Host=db")]
    [InlineData("Host=db;PWD='it''s hunter2';X=1", "Host=db;PWD=(hidden);X=1")]
    [InlineData("SSL Password=hunter2;Host=db", "SSL Password=(hidden);Host=db")]
    [InlineData("Host=db;Password=\"hunter2", "Host=db;Password=(hidden)")]
    [InlineData("postgres://me:hunter2@db:5432/x", "postgres://me:(hidden)@db:5432/x")]
    [InlineData(Connection, Connection)]
    public void A_connection_is_printed_without_its_password(string text, string printed)
    {
        Assert.Equal(printed, new ConnectionText(text).ToString());
        Assert.DoesNotContain("hunter2", $"{new StoreOptions(StoreKind.PostgreSql, new ConnectionText(text), null)}", StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_file_that_is_opened_to_others_later_is_not_used()
    {
        var path = Write("secret", "hunter2");
        var store = new StoreOptions(StoreKind.PostgreSql, new ConnectionText(Connection), path);
        Allow(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", Assert.Throws<NodeStartException>(store.WithPassword).Message, StringComparison.Ordinal);
    }

    private string Write(string name, string text, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        Allow(path, mode);
        return path;
    }

    private static void Allow(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    private static NodeOptions Read(NodeFlags flags, params (string Name, string Value)[] variables)
    {
        var (options, mistakes) = Try(flags, variables);
        Assert.Empty(mistakes);
        return options!;
    }

    private static (NodeOptions? Options, System.Collections.Immutable.ImmutableArray<OptionMistake> Mistakes) Try(
        NodeFlags flags, params (string Name, string Value)[] variables) =>
            new NodeOptionsReader(name => variables.FirstOrDefault(v => v.Name == name).Value).Read(flags);
}
