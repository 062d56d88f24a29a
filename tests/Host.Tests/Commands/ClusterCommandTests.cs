using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Runner.Cli;
using Runner.Hocon;
using Runner.Host.Configuration;

namespace Runner.Host.Tests.Commands;

public sealed class ClusterCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runner-certificates-").FullName;

    private string Out => Path.Combine(_folder, "out");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Each_node_gets_a_certificate_of_its_hosts_that_the_authority_signed()
    {
        var (code, output, _) = await MakeAsync("--node", "node1=node1.example,10.0.0.1,::1", "--node", "node2", "--days", "90");
        Assert.Equal(0, code);

        using var authority = X509CertificateLoader.LoadCertificateFromFile(PathOf("ca.crt"));
        using var one = X509Certificate2.CreateFromPemFile(PathOf("node1.crt"), PathOf("node1.key"));
        using var two = X509Certificate2.CreateFromPemFile(PathOf("node2.crt"), PathOf("node2.key"));
        Assert.All([one, two], certificate => Assert.True(IsSigned(certificate, authority)));
        Assert.Equal("CN=node1", one.Subject);
        Assert.True(one.MatchesHostname("node1.example") && one.MatchesHostname("10.0.0.1") && one.MatchesHostname("::1"));
        Assert.False(one.MatchesHostname("node1") || one.MatchesHostname("10.0.0.2"));
        Assert.True(two.MatchesHostname("node2"));
        var usages = one.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages;
        Assert.Equal(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"], usages.Cast<Oid>().Select(usage => usage.Value!));
        Assert.Equal(90, (one.NotAfter.ToUniversalTime() - SystemTime.Provider.GetUtcNow()).TotalDays, 0.1);
        Assert.Equal(256, one.GetECDsaPrivateKey()!.KeySize);
        Assert.NotEqual(one.SerialNumber, two.SerialNumber);
        Assert.Contains(
            $"node1 (node1.example, 10.0.0.1, ::1), good until {one.NotAfter.ToUniversalTime():yyyy-MM-dd}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_files_are_their_owners_alone()
    {
        Assert.Equal(0, (await MakeAsync("--node", "node1")).Code);
        Assert.Equal(
            ["ca.crt", "ca.key", "node1.crt", "node1.key"], Directory.EnumerateFiles(Out).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(
            new DirectoryInfo(Out).GetFiles(), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode));
    }

    [Fact]
    public async Task Two_nodes_trust_one_another_by_them_and_nobody_else()
    {
        Assert.Equal(0, (await MakeAsync("--node", "node1=localhost", "--node", "node2=127.0.0.1")).Code);
        using var authority = X509CertificateLoader.LoadCertificateFromFile(PathOf("ca.crt"));
        using var one = X509Certificate2.CreateFromPemFile(PathOf("node1.crt"), PathOf("node1.key"));
        using var two = X509Certificate2.CreateFromPemFile(PathOf("node2.crt"), PathOf("node2.key"));

        Assert.Null(await HandshakeAsync(one, "localhost", two, authority));
        Assert.Null(await HandshakeAsync(two, "127.0.0.1", one, authority));
        Assert.NotNull(await HandshakeAsync(two, "localhost", one, authority));

        Assert.Equal(0, (await MakeInAsync(Path.Combine(_folder, "foreign"), "--node", "node1=localhost")).Code);
        using var foreign = X509Certificate2.CreateFromPemFile(
            Path.Combine(_folder, "foreign", "node1.crt"), Path.Combine(_folder, "foreign", "node1.key"));
        Assert.NotNull(await HandshakeAsync(foreign, "localhost", two, authority));
    }

    [Fact]
    public async Task Nothing_is_overwritten_and_half_a_set_is_not_made()
    {
        Assert.Equal(0, (await MakeAsync("--node", "node1")).Code);
        var before = Files();

        var (code, _, error) = await MakeAsync("--node", "node2", "--node", "node1");

        Assert.Equal(1, code);
        Assert.Equal(
            $"error: {PathOf("node1.crt")} is there already, and nothing is overwritten. Move it away, or name another folder with --out.\n", error);
        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task A_node_is_added_later_by_the_authority_that_is_there()
    {
        Assert.Equal(0, (await MakeAsync("--node", "node1")).Code);
        var authority = File.ReadAllText(PathOf("ca.crt"));

        var (code, output, _) = await MakeAsync("--node", "node2");

        Assert.Equal(0, code);
        Assert.Contains("the authority, which was there", output, StringComparison.Ordinal);
        Assert.Equal(authority, File.ReadAllText(PathOf("ca.crt")));
        using var ca = X509CertificateLoader.LoadCertificateFromFile(PathOf("ca.crt"));
        using var two = X509CertificateLoader.LoadCertificateFromFile(PathOf("node2.crt"));
        Assert.True(IsSigned(two, ca));
    }

    [Theory]
    [InlineData("ca.key", "there is ca.crt without ca.key")]
    [InlineData("ca.crt", "there is ca.key without ca.crt")]
    public async Task Half_an_authority_is_none(string missing, string message)
    {
        Assert.Equal(0, (await MakeAsync("--node", "node1")).Code);
        File.Delete(PathOf(missing));

        var (code, _, error) = await MakeAsync("--node", "node2");

        Assert.Equal(1, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf("node2.key")));
    }

    [Fact]
    public async Task A_nodes_certificate_is_no_authority_and_what_is_no_certificate_is_none()
    {
        Assert.Equal(0, (await MakeAsync("--node", "node1")).Code);
        File.Copy(PathOf("node1.crt"), PathOf("ca.crt"), overwrite: true);
        File.Copy(PathOf("node1.key"), PathOf("ca.key"), overwrite: true);
        Assert.Contains("is no authority that this command has made", (await MakeAsync("--node", "node2")).Error, StringComparison.Ordinal);

        File.WriteAllText(PathOf("ca.key"), "nothing");
        var (code, _, error) = await MakeAsync("--node", "node2");
        Assert.Equal(1, code);
        Assert.Contains("are no certificate in PEM with its key", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_said()
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        var (code, _, error) = await MakeInAsync(Path.Combine(_folder, "file"), "--node", "node1");
        Assert.Equal(1, code);
        Assert.StartsWith($"error: No certificates can be made in {Path.Combine(_folder, "file")} (", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--node: 'a/b' names no node", "a/b")]
    [InlineData("--node: '=host' names no node", "=host")]
    [InlineData("--node: 'b:1' of 'a=b:1' is no host", "a=b:1")]
    [InlineData("--node: 'a_b' of 'a_b' is no host", "a_b")]
    [InlineData("--node: 'a=' has no host", "a=")]
    [InlineData("--node: 'a' is there twice", "a", "a=b")]
    [InlineData("--node: 'ca' is the name of the authority's files", "ca=host")]
    public async Task What_is_no_node_is_said_before_anything_is_made(string message, params string[] nodes)
    {
        var (code, _, error) = await MakeAsync([.. nodes.SelectMany(node => (string[])["--node", node])]);
        Assert.Equal(2, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public async Task Json_has_the_settings_of_each_node_and_the_text_is_a_part_of_a_settings_file()
    {
        var (code, output, _) = await MakeAsync("--node", "node1=localhost", "--json");
        Assert.Equal(0, code);
        using var json = JsonDocument.Parse(output);
        Assert.True(json.RootElement.GetProperty("authority").GetProperty("made").GetBoolean());
        var node = Assert.Single(json.RootElement.GetProperty("nodes").EnumerateArray().ToArray());
        Assert.Equal(PathOf("node1.key"), node.GetProperty("settings").GetProperty("runner.cluster.tls.key-file").GetString());

        var text = (await MakeAsync("--node", "node2")).Output;
        var conf = Path.Combine(_folder, "node.conf");
        File.WriteAllText(conf, text[text.IndexOf("  runner.cluster.tls", StringComparison.Ordinal)..]);
        Assert.Equal(PathOf("node2.crt"), HoconLoader.Load(conf).GetString("runner.cluster.tls.certificate-file"));
    }

    private string[] Files() => [.. Directory.EnumerateFiles(Out).Order(StringComparer.Ordinal).Select(file => $"{file}: {File.ReadAllText(file)}")];

    private string PathOf(string file) => Path.Combine(Out, file);

    private Task<(int Code, string Output, string Error)> MakeAsync(params string[] args) => MakeInAsync(Out, args);

    private static async Task<(int Code, string Output, string Error)> MakeInAsync(string folder, params string[] args)
    {
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        var context = new CliContext(output, error, false, false, _ => null, SystemTime.Provider);
        var code = await CommandLine.RunAsync(Program.CreateRoot(context), ["cluster", "make-certificates", "--out", folder, .. args], context);
        return (code, Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray()));
    }

    private static bool IsSigned(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using var chain = new X509Chain { ChainPolicy = PolicyOf(authority) };
        return chain.Build(certificate);
    }

    private static X509ChainPolicy PolicyOf(X509Certificate2 authority)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        return policy;
    }

    /// <summary>Null if both take the other; else why one does not.</summary>
    private static async Task<Exception?> HandshakeAsync(X509Certificate2 server, string name, X509Certificate2 client, X509Certificate2 authority)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var calling = new TcpClient();
        await calling.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var called = await listener.AcceptTcpClientAsync();
        await using var there = new SslStream(called.GetStream());
        await using var here = new SslStream(calling.GetStream());
        async Task AcceptAsync()
        {
            try
            {
                await there.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                {
                    ServerCertificate = server, ClientCertificateRequired = true, CertificateChainPolicy = PolicyOf(authority),
                });
            }
            catch
            {
                called.Close();
                throw;
            }
        }

        async Task CallAsync()
        {
            try
            {
                await here.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
                {
                    TargetHost = name, ClientCertificates = [client], CertificateChainPolicy = PolicyOf(authority),
                });
            }
            catch
            {
                calling.Close();
                throw;
            }
        }

        return await Record.ExceptionAsync(() => Task.WhenAll(AcceptAsync(), CallAsync()));
    }
}
