using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Runner.Host.Configuration;

namespace Runner.Host.Http.Tls;

/// <summary>What the API speaks TLS with.</summary>
internal sealed class ApiTls
{
    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2Collection _chain;

    private ApiTls(X509Certificate2 certificate, X509Certificate2Collection chain) => (_certificate, _chain) = (certificate, chain);

    /// <summary>What the web server is given.</summary>
    public HttpsConnectionAdapterOptions Options => new() { ServerCertificate = _certificate, ServerCertificateChain = _chain };

    /// <summary>Reads the files; null if there are none, and none are needed.</summary>
    /// <exception cref="NodeStartException">
    /// One of them is missing or wrong, the certificate is not good now, or there are none where other machines reach the API and nobody said that
    /// they may without.
    /// </exception>
    public static ApiTls? Of(NodeOptions options, TimeProvider time)
    {
        if (options.ApiTls is { } files)
        {
            return Load(files, time.GetUtcNow());
        }

        return options.Listen.IsLoopback || options.ApiAllowPlain ? null
            : throw new NodeStartException(
                $"Other machines reach {options.Listen}, where the API would listen in clear text: whoever reads along has its token and can run "
                + $"programs here. Give it TLS ({NodeSetting.ApiTlsCertificateFile.Path} and {NodeSetting.ApiTlsKeyFile.Path}), or say "
                + $"{NodeSetting.ApiAllowPlain.Path} = true ({NodeSetting.ApiAllowPlain.Variable}) if nobody else is on that network, or what is in "
                + "front of it speaks TLS.");
    }

    /// <summary>
    /// By whom this node has the APIs of others proved: the authorities of <c>runner.api.tls.ca-file</c>, else those that sign nodes' certificates,
    /// else the machine's.
    /// </summary>
    /// <exception cref="NodeStartException">The file is missing or wrong.</exception>
    public static SslClientAuthenticationOptions TrustOf(NodeOptions options)
    {
        var trust = new SslClientAuthenticationOptions();
        if ((options.ApiTlsCaFile ?? options.Cluster.Tls?.Ca) is { } file)
        {
            trust.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck,
            };
            trust.CertificateChainPolicy.CustomTrustStore.AddRange(PemFiles.Certificates(file));
        }

        return trust;
    }

    private static ApiTls Load(ApiTlsFiles files, DateTimeOffset now)
    {
        var certificate = PemFiles.WithKey(files.Certificate, files.Key);
        var (from, to) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        if (now < from || now >= to)
        {
            throw new NodeStartException(
                $"No client would take the API's certificate in {files.Certificate}: it "
                + (now < from ? $"is not good before {Text(from)}" : $"expired on {Text(to)}")
                + ". Give it another one, or set the machine's clock right.");
        }

        // Beside the first certificate of the file stand those that lead to one that clients know.
        var chain = PemFiles.Certificates(files.Certificate);
        chain.RemoveAt(0);
        return new ApiTls(certificate, chain);
    }

    private static string Text(DateTime utc) => utc.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
