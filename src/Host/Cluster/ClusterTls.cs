using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Remote.Transport.DotNetty;
using Runner.Host.Configuration;
using Runner.Wire;

namespace Runner.Host.Cluster;

/// <summary>
/// TLS between nodes, both ways: each shows its certificate, and each takes those alone that <see cref="ClusterTrust"/> does.
/// </summary>
internal sealed class ClusterTls
{
    private readonly X509Certificate2 _certificate;
    private readonly ClusterTrust _trust;

    private ClusterTls(X509Certificate2 certificate, ClusterTrust trust) => (_certificate, _trust) = (certificate, trust);

    /// <summary>What the actor system is made with.</summary>
    public DotNettySslSetup Setup => new(
        _certificate, suppressValidation: false, requireMutualAuthentication: true,
        (certificate, chain, peer, _, log) => _trust.Accepts(certificate, chain, peer, SystemTime.Provider.GetUtcNow(), log));

    /// <summary>Reads the files, and sees that other nodes will take this node's certificate now.</summary>
    /// <exception cref="NodeStartException">One of them is missing or wrong, or the certificate is not good now.</exception>
    public static ClusterTls Load(ClusterTlsFiles files, TimeProvider time)
    {
        var authorities = Read(files.Ca, "certificates in PEM", () =>
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(files.Ca);
            return all.Count > 0 ? all : throw new CryptographicException("there is none in it");
        });
        if (SecretFile.OpenToOthers(files.Key) is { } open)
        {
            throw new NodeStartException(open);
        }

        Read(files.Certificate, "a certificate in PEM", () => X509CertificateLoader.LoadCertificateFromFile(files.Certificate)).Dispose();
        var certificate = Read(
            files.Key, $"the private key of the certificate in {files.Certificate}, in PEM",
            () => X509Certificate2.CreateFromPemFile(files.Certificate, files.Key));
        var trust = new ClusterTrust(authorities);
        if (trust.Problem(certificate, [], time.GetUtcNow()) is { } problem)
        {
            throw new NodeStartException(
                $"The other nodes would not take this node's certificate in {files.Certificate}: {problem}. "
                + $"Give it another one, signed by one of {files.Ca}.");
        }

        return new ClusterTls(certificate, trust);
    }

    private static T Read<T>(string file, string what, Func<T> read)
    {
        try
        {
            return File.Exists(file) ? read() : throw new NodeStartException($"There is no file {file}; expected {what}.");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new NodeStartException($"{file} does not hold {what} ({e.Message.TrimEnd('.')}).", e);
        }
    }
}
