# The front-end packages, from npm and locked.
FROM node:22-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts \
    # Of the type for PDF files two weights are used; the others are 80 MB.
    && find node_modules/@expo-google-fonts/noto-sans-sc -name '*.ttf*' ! -name '*_400Regular.ttf' ! -name '*_700Bold.ttf' -delete

# The Python packages, the compiled catalogues and the collected static files.
FROM python:3.12-slim AS build
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt
COPY --from=front-end /app/node_modules node_modules
COPY . .
# The settings want their variables; nothing here contacts a server, and none of these values stays in the image.
RUN export DATABASE_URL=postgres://build@localhost/build REDIS_URL=redis://localhost/0 DEBUG=false ALLOWED_HOSTS=build.example.com \
        SECRET_KEY=only-for-building-the-image-0123456789-abcdefghijklmnop FIELD_KEYS=b25seS1mb3ItYnVpbGRpbmctdGhlLWltYWdlLTAxMjM= \
    && python manage.py compile_catalogues \
    && python manage.py collectstatic --noinput --verbosity 0

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/crm --create-home --shell /usr/sbin/nologin crm
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
# Uploaded files lie in VAR_DIR: web and worker share it as one volume.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 VAR_DIR=/var/lib/crm LISTEN_ADDRESS=0.0.0.0 PORT=8000
USER crm
EXPOSE 8000
CMD ["gunicorn", "-c", "python:crm_site.web_server", "crm_site.wsgi"]
