using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;
using Runner.Host.Configuration;

namespace Runner.Host.Cluster;

/// <summary>
/// TLS between nodes, both ways: each shows its certificate, and each takes those alone that one of the cluster's own authorities has signed. Who has
/// such a certificate is a node of this cluster and may do anything that a node may; so the name in it is not compared with the host, which would
/// keep nobody out. Authorities that the machine trusts for other things count for nothing here.
/// </summary>
internal sealed class ClusterTls
{
    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2Collection _authorities;

    private ClusterTls(X509Certificate2 certificate, X509Certificate2Collection authorities) =>
        (_certificate, _authorities) = (certificate, authorities);

    /// <summary>What the actor system is made with.</summary>
    public DotNettySslSetup Setup => new(_certificate, suppressValidation: false, requireMutualAuthentication: true, Accepts);

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
        var tls = new ClusterTls(certificate, authorities);
        if (tls.Problem(certificate, [], time.GetUtcNow()) is { } problem)
        {
            throw new NodeStartException(
                $"The other nodes would not take this node's certificate in {files.Certificate}: {problem}. "
                + $"Give it another one, signed by one of {files.Ca}.");
        }

        return tls;
    }

    // Called from the transport's threads, on both sides of a connection.
    private bool Accepts(X509Certificate2? certificate, X509Chain? chain, string peer, SslPolicyErrors errors, ILoggingAdapter log)
    {
        var problem = certificate is null ? "it shows none"
            : Problem(certificate, [.. chain?.ChainElements.Select(e => e.Certificate) ?? []], SystemTime.Provider.GetUtcNow());
        if (problem is not null)
        {
            log.Warning(
                "{0} is refused as a node of this cluster for its certificate: {1}. Give it one that is signed as this node's is "
                + "(runner.cluster.tls).",
                peer, problem);
        }

        return problem is null;
    }

    /// <summary>Why a certificate is not taken; null if it is. A clause.</summary>
    /// <param name="sent">What the other side sent with it.</param>
    private string? Problem(X509Certificate2 certificate, X509Certificate2[] sent, DateTimeOffset now)
    {
        if (certificate.NotAfter.ToUniversalTime() < now.UtcDateTime)
        {
            return $"it expired on {Date(certificate.NotAfter)}";
        }

        if (certificate.NotBefore.ToUniversalTime() > now.UtcDateTime)
        {
            return $"it is good from {Date(certificate.NotBefore)} only, and this machine's clock says {Date(now.UtcDateTime)}";
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        return chain.Build(certificate) ? null
            : $"none of this cluster's authorities has signed it ({certificate.Subject}: "
                + $"{string.Join(' ', chain.ChainStatus.Select(s => s.StatusInformation.Trim().TrimEnd('.'))).ReplaceLineEndings(" ")})";
    }

    private static string Date(DateTime time) => time.ToUniversalTime().ToString("u", CultureInfo.InvariantCulture);

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
