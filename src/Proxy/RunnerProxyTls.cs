using System.Security.Cryptography.X509Certificates;
using Akka.Remote.Transport.DotNetty;
using Runner.Wire;

namespace Runner.Proxy;

/// <summary>The application's certificate, and which the nodes' are signed by: files in PEM, as
/// <c>runner cluster make-certificates</c> makes them.</summary>
/// <param name="CertificateFile">The application's certificate, signed by an authority of the cluster.</param>
/// <param name="KeyFile">Its private key.</param>
/// <param name="CaFile">The cluster's authorities.</param>
public sealed record RunnerProxyTls(string CertificateFile, string KeyFile, string CaFile)
{
    internal DotNettySslSetup Setup()
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(CaFile);
        var trust = new ClusterTrust(authorities);
#pragma warning disable RS0030 // A certificate is good at the time that it is.
        return new DotNettySslSetup(
            X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile), suppressValidation: false, requireMutualAuthentication: true,
            (certificate, chain, peer, _, log) => trust.Accepts(certificate, chain, peer, TimeProvider.System.GetUtcNow(), log));
#pragma warning restore RS0030
    }
}
