using System.Runtime.Versioning;
using Runner.Host.Configuration;
using Runner.Host.Http.Access;

namespace Runner.Host.Tests.Configuration;

[UnsupportedOSPlatform("windows")]
public sealed class ClusterSecretTests : IDisposable
{
    private const string Old = "the-old-secret-of-at-least-32-bytes";
    private const string New = "the-new-secret-of-at-least-32-bytes";
    private static readonly Guid Run = new("0192f0c1-0000-7000-8000-000000000001");
    private readonly string _folder = Directory.CreateTempSubdirectory("runner-secret-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "secret");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Nodes_with_one_secret_know_one_anothers_tokens()
    {
        var (one, other) = (Tokens(Old), Tokens(Old + "\r\n\n"));
        Assert.Equal(ApiToken(), ApiToken());
        Assert.Equal(new Caller(null), one.Recognize(ApiToken()));
        Assert.Equal(new Caller(Run), other.Recognize(one.ForRun(Run)));
        Assert.Null(Tokens(New).Recognize(one.ForRun(Run)));
    }

    [Fact]
    public void The_tokens_say_nothing_of_the_secret_or_of_one_another()
    {
        Write(Old);
        var keys = Assert.Single(ClusterSecret.Keys(Path));
        Assert.Null(new ApiTokens(Old).Recognize(keys.ApiToken));
        Assert.NotEqual(keys.ProgramKey, TokenKeys.Of(keys.ApiToken).ProgramKey);
        Assert.Null(new ApiTokens([keys]).Recognize(Old));
        Assert.Null(new ApiTokens(keys.ApiToken).Recognize(new ApiTokens([keys]).ForRun(Run)));
    }

    [Fact]
    public void A_secret_is_replaced_in_three_rounds_in_each_of_which_all_that_is_in_use_is_accepted()
    {
        string[] rounds = [Old, $"{Old}\n{New}", $"{New}\n{Old}", New];
        for (var i = 0; i + 1 < rounds.Length; i++)
        {
            // Some nodes have been restarted, and some have not: what either makes the other takes.
            var (before, after) = (Tokens(rounds[i]), Tokens(rounds[i + 1]));
            if (i + 1 < rounds.Length - 1)
            {
                Assert.Equal(new Caller(Run), after.Recognize(before.ForRun(Run)));
            }

            Assert.Equal(new Caller(Run), before.Recognize(after.ForRun(Run)));
            Write(rounds[i + 1]);
            Assert.Equal(new Caller(null), before.Recognize(ClusterSecret.Keys(Path)[0].ApiToken));
        }

        Assert.Null(Tokens(New).Recognize(Tokens(Old).ForRun(Run)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("too-short")]
    [InlineData(Old + "\ntoo-short")]
    [InlineData(Old + "\u0007")]
    [InlineData(Old + "\n" + Old + "1\n" + Old + "2\n" + Old + "3\n" + Old + "4")]
    public void What_is_no_secret_is_refused_without_saying_what_it_is(string text)
    {
        Write(text);
        var wrong = Assert.Throws<NodeStartException>(() => ClusterSecret.Keys(Path)).Message;
        Assert.Equal(
            $"{Path} has to hold the cluster's secret on its first line, and those of before, up to 3, each on one more: at least 32 bytes each, "
            + "and nothing else.",
            wrong);
    }

    [Fact]
    public void A_file_that_others_may_read_or_that_is_not_there_is_refused_as_a_setting()
    {
        Assert.StartsWith($"the variable RUNNER_CLUSTER_SECRET_FILE: there is no file {Path}. Make one, ", Mistake(), StringComparison.Ordinal);
        Write(Old);
        new FileInfo(Path).UnixFileMode |= UnixFileMode.GroupRead;
        Assert.Equal(
            $"the variable RUNNER_CLUSTER_SECRET_FILE: {Path} may be read by others (mode 640): `chmod 600 {Path}`, "
            + "and replace the secret if they may have read it.",
            Mistake());
    }

    [Fact]
    public void The_nodes_token_file_holds_the_clusters_token_and_is_its_owners_alone()
    {
        var token = System.IO.Path.Combine(_folder, "token");
        TokenFile.ReadOrCreate(token);
        var cluster = ApiToken();

        TokenFile.Keep(token, cluster);

        Assert.Equal(cluster, TokenFile.ReadOrCreate(token));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(token).UnixFileMode);
        new FileInfo(token).UnixFileMode |= UnixFileMode.OtherRead;
        var open = Assert.Throws<NodeStartException>(() => TokenFile.Keep(token, cluster));
        Assert.Contains("replace the cluster's secret", open.Message, StringComparison.Ordinal);
    }

    private string Mistake()
    {
        var reader = new NodeOptionsReader(name => name == "RUNNER_CLUSTER_SECRET_FILE" ? Path : null);
        return Assert.Single(reader.Read(new NodeFlags()).Mistakes).ToString();
    }

    private string ApiToken()
    {
        Write(Old);
        return ClusterSecret.Keys(Path)[0].ApiToken;
    }

    private ApiTokens Tokens(string text)
    {
        Write(text);
        return new ApiTokens(ClusterSecret.Keys(Path));
    }

    private void Write(string text)
    {
        File.WriteAllText(Path, text);
        new FileInfo(Path).UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    }
}
