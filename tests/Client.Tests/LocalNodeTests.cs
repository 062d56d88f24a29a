namespace Runner.Client.Tests;

public sealed class LocalNodeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string?> _variables = [];

    public LocalNodeTests() => _variables["RUNNER_DATA"] = _folder.Path;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_running_nodes_file_and_token_are_found_in_the_data_folder()
    {
        _folder.Write(DataFolder.NodeFileName, new NodeFile("http://127.0.0.1:5000", 7, "n").ToBytes());
        _folder.Write(DataFolder.TokenFileName, "abc\n");

        Assert.Equal(new NodeAddress(new Uri("http://127.0.0.1:5000"), "abc", Path.Combine(_folder.Path, "token")), Find());
    }

    [Fact]
    public void Without_a_node_file_it_is_the_default_address() => Assert.Equal(new Uri(LocalNode.DefaultUrl), Find().Url);

    [Fact]
    public void Inside_a_program_the_variables_name_node_and_token()
    {
        _folder.Write(DataFolder.TokenFileName, "abc");
        _variables["RUNNER_API_URL"] = "http://127.0.0.1:6000";
        _variables["RUNNER_TOKEN"] = "own";

        Assert.Equal(new NodeAddress(new Uri("http://127.0.0.1:6000"), "own", "RUNNER_TOKEN"), Find());
    }

    [Fact]
    public void A_data_folder_that_is_named_goes_before_the_variables()
    {
        _folder.Write(DataFolder.NodeFileName, new NodeFile("http://127.0.0.1:5000", 7, "n").ToBytes());
        _folder.Write(DataFolder.TokenFileName, "abc");
        _variables["RUNNER_API_URL"] = "http://127.0.0.1:6000";
        _variables["RUNNER_TOKEN"] = "own";

        var found = LocalNode.Find(null, _folder.Path, Variable);
        Assert.Equal((new Uri("http://127.0.0.1:5000"), "abc"), (found.Url, found.Token));
    }

    [Fact]
    public void Nobody_else_is_taken_for_the_node_of_a_data_folder_that_is_named()
    {
        _variables["RUNNER_API_URL"] = "http://127.0.0.1:6000";

        var e = Assert.Throws<NodeUnreachableException>(() => LocalNode.Find(null, _folder.Path, Variable));
        Assert.StartsWith($"No node serves the data folder {_folder.Path}: ", e.Message, StringComparison.Ordinal);
        Assert.Equal(new Uri("http://127.0.0.1:7000"), LocalNode.Find("http://127.0.0.1:7000", _folder.Path, Variable).Url);
    }

    [Fact]
    public void A_token_may_stand_in_a_file_of_its_own()
    {
        var file = Path.Combine(_folder.Path, "cluster-token");
        _variables["RUNNER_TOKEN_FILE"] = file;
        Assert.Contains(
            $"There is no token in {file}, which RUNNER_TOKEN_FILE names.", Assert.Throws<TokenNotReadableException>(Find).Message,
            StringComparison.Ordinal);

        _folder.Write("cluster-token", "abc\n");
        var found = LocalNode.Find("http://example.org:4270", null, Variable);
        Assert.Equal(("abc", file), (found.Token, found.TokenSource));
        _variables["RUNNER_TOKEN"] = "own";
        Assert.Equal("own", Find().Token);
    }

    [Fact]
    public void The_local_token_is_not_sent_to_another_machine()
    {
        _folder.Write(DataFolder.TokenFileName, "abc");
        Assert.Null(LocalNode.Find("http://example.org:4270", null, Variable).Token);
        _variables["RUNNER_API_URL"] = "http://example.org:4270";
        Assert.Null(Find().Token);
        Assert.Equal("abc", LocalNode.Find("http://localhost:4270", null, Variable).Token);
    }

    [Fact]
    public void Several_addresses_have_commas_between_them()
    {
        _variables["RUNNER_API_URL"] = "http://b:1, http://a:2,http://b:1";
        _variables["RUNNER_TOKEN"] = "own";
        var found = Find();
        Assert.Equal((new Uri("http://b:1"), "own"), (found.Url, found.Token));
        Assert.Equal([new Uri("http://a:2"), new Uri("http://b:1")], found.Others.ToArray());
        Assert.Equal([new Uri("http://c:3")], LocalNode.Find("http://d:4,http://c:3", null, Variable).Others.ToArray());
    }

    [Fact]
    public void A_variable_names_whoever_signs_for_nodes()
    {
        Assert.Null(Find().CaFile);
        _variables["RUNNER_CA_FILE"] = "/etc/ca.crt";
        Assert.Equal("/etc/ca.crt", Find().CaFile);
        Assert.Equal("/etc/ca.crt", LocalNode.Find("https://b:1", null, Variable).CaFile);
    }

    [Fact]
    public void The_local_token_is_not_sent_to_several_of_which_one_is_another_machine()
    {
        _folder.Write(DataFolder.TokenFileName, "abc");
        Assert.Null(LocalNode.Find("http://localhost:4270,http://example.org:4270", null, Variable).Token);
        Assert.Equal("abc", LocalNode.Find("http://localhost:4270,http://127.0.0.1:4271", null, Variable).Token);
    }

    [Theory]
    [InlineData("http://a,4270")]
    [InlineData(",")]
    [InlineData("4270")]
    [InlineData("ftp://x")]
    [InlineData("/tmp")]
    public void An_address_that_is_no_url_is_refused(string url) =>
        Assert.Throws<InvalidNodeUrlException>(() => LocalNode.Find(url, null, Variable));

    [Fact]
    public void A_half_written_node_file_is_as_none()
    {
        _folder.Write(DataFolder.NodeFileName, "{\"url\":");
        Assert.Equal(new Uri(LocalNode.DefaultUrl), Find().Url);
    }

    [Theory]
    [InlineData("/x", null, "/h", "/x")]
    [InlineData(null, "/xdg", "/h", "/xdg/runner-actors")]
    [InlineData(null, "relative", "/h", "/h/.local/share/runner-actors")]
    [InlineData(null, null, "/h", "/h/.local/share/runner-actors")]
    public void The_data_folder_follows_the_flag_then_xdg_then_home(string? given, string? xdg, string home, string expected) =>
        Assert.Equal(expected, DataFolder.Resolve(given, n => n == "XDG_DATA_HOME" ? xdg : n == "HOME" ? home : null));

    private NodeAddress Find() => LocalNode.Find(null, null, Variable);

    private string? Variable(string name) => _variables.GetValueOrDefault(name);
}
