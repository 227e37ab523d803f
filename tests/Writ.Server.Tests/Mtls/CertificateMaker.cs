using Writ.Testing;

namespace Writ.Server.Tests.Mtls;

/// <summary>Client certificates as people make them: with openssl.</summary>
public sealed class CertificateMaker : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("writ-certificates-").FullName;

    /// <summary>A self-signed certificate, of one day unless told.</summary>
    public async Task<ClientCertificate> SelfSignedAsync(string name, int days = 1)
    {
        var made = At(name);
        await OpenSslAsync(
            ["req", "-x509", .. NewKey(made), "-out", made.Certificate, "-days", $"{days}", "-subj", $"/CN={name}"]);
        return made;
    }

    /// <summary>A private authority.</summary>
    public async Task<ClientCertificate> AuthorityAsync(string name)
    {
        var made = At(name);
        await OpenSslAsync(
            ["req", "-x509", .. NewKey(made), "-out", made.Certificate, "-days", "30", "-subj", $"/CN={name}",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]);
        return made;
    }

    /// <summary>A certificate by an authority.</summary>
    /// <param name="authority">Who signs.</param>
    /// <param name="name">Its name here and its subject.</param>
    /// <param name="san">As openssl writes it: <c>URI:spiffe://…</c>, <c>DNS:…</c>.</param>
    /// <param name="usage">What its key may be used for.</param>
    public async Task<ClientCertificate> IssueAsync(
        ClientCertificate authority, string name, string san, string usage = "clientAuth")
    {
        var made = At(name);
        var request = Path.Combine(_folder, $"{name}.csr");
        var extensions = Path.Combine(_folder, $"{name}.ext");
        await File.WriteAllTextAsync(extensions, $"subjectAltName={san}\nextendedKeyUsage={usage}\n");
        await OpenSslAsync(["req", "-new", .. NewKey(made), "-out", request, "-subj", $"/CN={name}"]);
        await OpenSslAsync(
            "x509", "-req", "-in", request, "-CA", authority.Certificate, "-CAkey", authority.Key, "-CAcreateserial",
            "-days", "1", "-extfile", extensions, "-out", made.Certificate);
        return made;
    }

    /// <summary>A file of that name, for what openssl would not make.</summary>
    public ClientCertificate At(string name) =>
        new(Path.Combine(_folder, $"{name}.pem"), Path.Combine(_folder, $"{name}.key"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string[] NewKey(ClientCertificate made) =>
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", made.Key];

    private static async Task OpenSslAsync(params string[] arguments) =>
        (await Command.RunAsync("openssl", arguments)).Succeeded();
}
