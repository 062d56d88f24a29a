using Runner.Client;
using Runner.Host.Configuration;
using Runner.Host.Http.Access;

namespace Runner.Host.Tests.Configuration;

#pragma warning disable CA1416 // What is asserted about file modes is asserted where the project runs.

public sealed class DataDirectoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runner-data-").FullName;

    private string Data => Path.Combine(_folder, "deep", "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_is_made_for_its_owner_alone_and_says_where_the_node_listens()
    {
        using (var data = DataDirectory.Open(Data))
        {
            data.Announce("http://127.0.0.1:1", "n1");

            Assert.Equal(new NodeFile("http://127.0.0.1:1", Environment.ProcessId, "n1"), NodeFile.TryRead(Data));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Data));
        }

        Assert.False(File.Exists(Path.Combine(Data, "node.json")));
    }

    [Fact]
    public void A_second_node_on_the_same_folder_is_refused_with_who_holds_it()
    {
        using (var first = DataDirectory.Open(Data))
        {
            Assert.Contains("another node that is starting or stopping", Refused(), StringComparison.Ordinal);
            first.Announce("http://127.0.0.1:1", "n1");
            Assert.Contains($"another node (pid {Environment.ProcessId}, http://127.0.0.1:1)", Refused(), StringComparison.Ordinal);
        }

        DataDirectory.Open(Data).Dispose();
    }

    [Fact]
    public void Files_that_a_killed_node_left_do_not_keep_the_next_from_starting()
    {
        Directory.CreateDirectory(Data);
        File.WriteAllText(Path.Combine(Data, "lock"), "1234567890");
        File.WriteAllText(Path.Combine(Data, "node.json"), "half of i");

        DataDirectory.Open(Data).Dispose();
    }

    [Fact]
    public void A_file_in_its_place_is_refused()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Data)!);
        File.WriteAllText(Data, "");
        Assert.Contains("is a file", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_below_a_file_cannot_be_made()
    {
        File.WriteAllText(Path.Combine(_folder, "deep"), "");
        Assert.Contains("cannot be made", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_refused()
    {
        // A folder in place of the lock file stands for every reason that a file cannot be opened for writing, also to root.
        Directory.CreateDirectory(Path.Combine(Data, "lock"));
        Assert.Contains("cannot be written", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_token_is_made_once_for_its_owner_alone()
    {
        var path = Path.Combine(_folder, "token");

        var token = TokenFile.ReadOrCreate(path);

        Assert.Equal(43, token.Length);
        Assert.Equal(token, TokenFile.ReadOrCreate(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_token_that_others_may_read_is_refused_with_how_to_mend_it()
    {
        var path = Path.Combine(_folder, "token");
        TokenFile.ReadOrCreate(path);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        var error = Assert.Throws<NodeStartException>(() => TokenFile.ReadOrCreate(path));

        Assert.Contains("mode 640", error.Message, StringComparison.Ordinal);
        Assert.Contains($"chmod 600 {path}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("a token with blanks in it, long enough to be one")]
    public void A_file_that_holds_no_token_is_refused(string text)
    {
        var path = Path.Combine(_folder, "token");
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Assert.Contains("holds no token", Assert.Throws<NodeStartException>(() => TokenFile.ReadOrCreate(path)).Message, StringComparison.Ordinal);
    }

    private string Refused() => Assert.Throws<NodeStartException>(() => DataDirectory.Open(Data)).Message;
}
