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
        var authorities = PemFiles.Certificates(files.Ca);
        var certificate = PemFiles.WithKey(files.Certificate, files.Key);
        var trust = new ClusterTrust(authorities);
        if (trust.Problem(certificate, [], time.GetUtcNow()) is { } problem)
        {
            throw new NodeStartException(
                $"The other nodes would not take this node's certificate in {files.Certificate}: {problem}. "
                + $"Give it another one, signed by one of {files.Ca}.");
        }

        return new ClusterTls(certificate, trust);
    }
}
